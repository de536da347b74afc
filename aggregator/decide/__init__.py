"""What is new, what changed, what is owed, and when to come again: decided from values alone."""

from aggregator.decide.changes import same_text
from aggregator.decide.doubt import doubt_list
from aggregator.decide.finding import Finding
from aggregator.decide.freshness import fresh_for
from aggregator.decide.keys import OwnKeys, needs_other_key, own_keys
from aggregator.decide.learning import doubt_or_learn, watch_silence
from aggregator.decide.moves import find_moves, is_alike, is_moved
from aggregator.decide.outcome import accepted, decide, doubtful, failed, unchanged
from aggregator.decide.owed import note_unread, owe, titled_by_page
from aggregator.decide.reach import find_unlisted, reach_of
from aggregator.decide.selection import choose
from aggregator.decide.timing import pace, regular_visit
from aggregator.decide.validators import distrusted, validators_to_send, with_validators
from aggregator.decide.visit import Visit
