"""Documents of what changed, rendered from the store and put in place, once for all pollers.

Output is a function of the store, the configuration and the program's version: no clock, nothing random.
"""

from aggregator.publish.documents import Documents
from aggregator.publish.fingerprint import read_template, read_theme
from aggregator.publish.private import PrivateOutput, admit
from aggregator.publish.publisher import Publisher
from aggregator.publish.run import Published
