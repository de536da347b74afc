"""Hosts: which machine asks one, and when its next request may begin; by the clock of PostgreSQL alone."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, text, update

from aggregator.model import HostTurn, KeptRobots, RobotsClaim
from aggregator.store.columns import Many
from aggregator.store.database import Database
from aggregator.store.schema import hosts, robots

WANT_SECONDS = 2.0
"""The first of those who wait for a host keeps its place for so long after the host's delay is over."""
NEXT_SECONDS, RETRY_SECONDS = 0.2, 0.5
"""The first who waits for a host asks again so often, once the host's delay is over, and those behind it."""
READ_SECONDS = 60.0
"""Whoever begins to read a robots.txt has so long for it; then another machine tries."""
IDLE_TIME = timedelta(days=1)
"""How long a host is remembered that nobody asks."""

# Each is one statement, hence one round trip: a row is locked before anything in it is looked at, and now()
# is the same moment throughout. Where the last owner did not give the host back, its last request may have
# begun just before its time was over.
# ``wanted`` names those who wait, in order; the first of them has until ``wanted_until`` to ask again.
_TAKE = text("""
INSERT INTO hosts AS host (name, owner, wanted, ends, starts, wanted_until, delay)
VALUES (:name, :owner, '', now() + make_interval(secs => :lease), now(), now(), 0)
ON CONFLICT (name) DO UPDATE SET (owner, ends, starts, wanted, wanted_until) = (
  SELECT CASE WHEN free AND first THEN excluded.owner ELSE host.owner END,
    CASE WHEN free AND first THEN excluded.ends ELSE host.ends END,
    CASE WHEN free AND first AND host.owner NOT IN ('', excluded.owner)
      THEN greatest(host.starts, host.ends + make_interval(secs => greatest(:delay, host.delay)))
      ELSE host.starts END,
    array_to_string(CASE WHEN free AND first THEN line[2\\:] ELSE line END, ' '),
    CASE WHEN first OR is_late THEN greatest(host.starts, now()) + make_interval(secs => :want)
      ELSE host.wanted_until END
  FROM (SELECT host.owner IN ('', excluded.owner) OR host.ends <= now() AS free,
      host.wanted_until <= now() AS is_late, string_to_array(host.wanted, ' ') AS names) AS found,
    LATERAL (SELECT CASE WHEN is_late AND names[1] <> excluded.owner THEN names[2\\:] ELSE names END
      AS present) AS still,
    LATERAL (SELECT CASE WHEN excluded.owner = ANY(present) THEN present
      ELSE array_append(present, CAST(excluded.owner AS text)) END AS line) AS joined,
    LATERAL (SELECT line[1] = excluded.owner AS first) AS place
)
RETURNING owner = :owner AND ends = now() + make_interval(secs => :lease) AS granted,
  CAST(greatest(0, extract(epoch FROM starts - now())) AS float) AS wait, delay,
  split_part(wanted, ' ', 1) = :owner AS is_next
""")
_RENEW = text("""
UPDATE hosts SET ends = now() + make_interval(secs => :lease) WHERE owner = :owner AND name = ANY(:names)
RETURNING name, wanted <> '' AND wanted_until > now() AS is_wanted
""").bindparams(bindparam("names", type_=Many()))
_GIVE_BACK = text("""
UPDATE hosts SET owner = '', ends = now(), starts = greatest(starts, now() + make_interval(secs => :after))
WHERE name = :name AND owner = :owner
""")
_CLAIM_ROBOTS = text("""
INSERT INTO robots AS kept (file, reader, reading_until, ends, problem, fault)
VALUES (:file, :owner, now() + make_interval(secs => :seconds), now(), '', '')
ON CONFLICT (file) DO UPDATE SET (reader, reading_until) = (
  SELECT CASE WHEN free THEN excluded.reader ELSE kept.reader END,
    CASE WHEN free THEN excluded.reading_until ELSE kept.reading_until END
  FROM (SELECT kept.ends <= now() AND kept.reading_until <= now() AS free) AS found
)
RETURNING reader = :owner AND reading_until = now() + make_interval(secs => :seconds) AS ours,
  ends - now() AS rest, text, problem, status, fault, retry_after
""")
_DELAY = text("""
INSERT INTO hosts (name, owner, wanted, ends, starts, wanted_until, delay)
VALUES (:name, '', '', now(), now(), now(), :delay)
ON CONFLICT (name) DO UPDATE SET delay = excluded.delay
""")


class Hosts(Database):
    """The hosts that the machines of a cluster ask, on PostgreSQL. ``owner`` names who asks."""

    def take_host(self, owner: str, name: str, lease: float, delay: float) -> HostTurn:
        """Take a host for ``lease`` seconds, of whose requests each begins ``delay`` seconds after the last.

        Where another has it, we are behind those who wait for it already.
        """
        asked = {"owner": owner, "name": name, "lease": lease, "delay": delay, "want": WANT_SECONDS}
        with self._at_once() as connection:
            row = connection.execute(_TAKE, asked).one()
        pause = 0.0 if row.granted else NEXT_SECONDS if row.is_next else RETRY_SECONDS
        return HostTurn(row.granted, max(row.wait, pause), row.delay)

    def renew_hosts(self, owner: str, names: Collection[str], lease: float) -> Mapping[str, bool]:
        """Keep hosts for ``lease`` seconds from now; return those that are still ours.

        The value of each is whether somebody waits for it.
        """
        with self._at_once() as connection:
            kept = connection.execute(_RENEW, {"owner": owner, "names": names, "lease": lease})
            return {row.name: row.is_wanted for row in kept}

    def give_back_host(self, owner: str, name: str, after: float) -> None:
        """Let others have a host, whose next request may begin ``after`` so many seconds."""
        with self._at_once() as connection:
            connection.execute(_GIVE_BACK, {"owner": owner, "name": name, "after": after})

    def claim_robots(self, owner: str, file: str) -> RobotsClaim:
        """Return what is known of a robots.txt, or whether it is ours to read; else somebody reads it."""
        with self._at_once() as connection:
            asked = {"owner": owner, "file": file, "seconds": READ_SECONDS}
            row = connection.execute(_CLAIM_ROBOTS, asked).one()
        if row.rest <= timedelta(0):
            return RobotsClaim(ours=row.ours)
        retry_after = None if row.retry_after is None else timedelta(seconds=row.retry_after)
        return RobotsClaim(KeptRobots(row.rest, row.text, row.problem, row.status, row.fault, retry_after))

    def keep_robots(self, file: str, host: str, kept: KeptRobots, delay: float) -> None:
        """Keep a robots.txt for all machines, and the ``delay`` in seconds that it wants; 0 for none."""
        said: dict[str, Any] = {
            "ends": func.now() + kept.left,
            "reading_until": func.now(),
            "text": kept.text,
            "problem": kept.problem,
            "status": kept.status,
            "fault": kept.fault,
            "retry_after": kept.retry_after and kept.retry_after.total_seconds(),
        }
        with self._write() as connection:
            connection.execute(update(robots).where(robots.c.file == file).values(said))
            connection.execute(_DELAY, {"name": host, "delay": delay})

    def forget_idle_hosts(self) -> None:
        """Forget the hosts that nobody asked for a day, and every robots.txt that counts no more."""
        with self._write() as connection:
            long_ago = func.now() - IDLE_TIME
            connection.execute(delete(hosts).where(hosts.c.ends <= long_ago, hosts.c.starts <= long_ago))
            over = (robots.c.ends <= func.now()) & (robots.c.reading_until <= func.now())
            connection.execute(delete(robots).where(over))

    @contextmanager
    def _at_once(self) -> Iterator[Connection]:
        """Yield a connection each of whose statements is a transaction, without a round trip for its ends."""
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._wrapped("written to"), engine.connect() as connection:
            yield connection
