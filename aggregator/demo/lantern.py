"""The Linjiang Lantern, a small English paper with an RSS feed. Place, people and news are made up."""

from __future__ import annotations

from aggregator.demo.story import Story, local, moment, prose

NAME = "The Linjiang Lantern"
ABOUT = "News from Linjiang Harbour, an invented port, in English"

_TEA = (
    "The spring tea market closed on Sunday after three days on the old quay. Stewards at the two gates"
    " counted {visitors} visitors, the most since the market moved out of the fish hall.",
    "Ninety-one growers from the hills had a stall. The first flush sold out by noon on Saturday, and two"
    " stalls went home early with nothing left but the kettle.",
)

STORIES = (
    Story(
        id="night-ferry",
        title="Night ferry returns to the Linjiang crossing",
        published=local("2026-02-24 08:15"),
        body=prose(
            "The night ferry sails again from the first of March, four years after the last one. It leaves"
            " the south pier at 22:30 and 23:45 and comes back half an hour later.",
            "The Harbour Board says that a hundred and sixty people a night asked for it in last autumn's"
            " survey: cooks, nurses, and those who miss the last bus.",
            '<img src="/files/ferry-requests.png" alt="People who asked for a night ferry, by month"'
            ' width="240" height="120">',
            "A crossing costs the same as by day. Bicycles travel free after ten.",
        ),
    ),
    Story(
        id="seawall-path",
        title="Seawall path to stay closed until April",
        published=local("2026-03-02 17:40"),
        summary="The path along the seawall stays closed for another month while loose stones are set again.",
        body=prose(
            "The path along the seawall stays closed for another month while loose stones are set again.",
            "The masons found more gaps than the winter survey had shown: sixty-two metres instead of"
            " forty. The work is done at low water only, which leaves five hours a day.",
            "Walkers can use the upper road. The café at the light stays open and can be reached from"
            " there by the steps.",
        ),
    ),
    Story(
        id="fog-signal",
        title="Listen: the new fog signal, before the harbour hears it",
        published=local("2026-03-06 12:00"),
        enclosure="/files/fog-signal.wav",
        body=prose(
            "The new fog signal is deeper than the old one and lasts one second. The recording with this"
            " story was made in the workshop.",
            "It will sound for the first time in the first fog after the twentieth. The old horn goes to"
            " the school, which has promised not to use it before nine.",
        ),
    ),
    Story(
        id="note-4117",
        title="",
        published=None,
        summary="A grey umbrella with a wooden duck for a handle was left on the 17:10 ferry. The duck is"
        " waiting at the ticket window on the south pier.",
        body=prose(
            "A grey umbrella with a wooden duck for a handle was left on the 17:10 ferry. The duck is"
            " waiting at the ticket window on the south pier.",
        ),
    ),
    Story(
        id="form-letters",
        title='Clerks puzzled: "C:\\forms\\{{ name }}.txt" and a stray ]]> on 400 letters',
        published=local("2026-03-11 09:05"),
        body=prose(
            "Four hundred households had a letter on Tuesday that begins <q>Dear {{ name }}</q> and ends"
            " with the characters <code>]]&gt;</code>. Below the signature stands the place of the form,"
            " <code>C:\\forms\\{% include letter %}</code>.",
            "The Harbour Board says that the mooring fee in the letter is right and the name is not. New"
            " letters go out this week.",
        ),
    ),
    Story(
        id="tea-market",
        title="Spring tea market counts its visitors",
        published=local("2026-03-15 19:30"),
        body=prose(*_TEA).format(visitors="12,400"),
    ),
    Story(
        id="pilot-boat",
        title="Pilot boat gets a quieter engine",
        published=moment(1),
        step=1,
        body=prose(
            "The pilot boat came back from the yard this morning with an electric engine for the inner"
            " harbour. The diesel stays for the open water.",
            "Neighbours on Rope Lane, who had counted eleven departures a night, were there to not hear it.",
        ),
    ),
    Story(
        id="library-hours",
        title="Library opens on Mondays, by two votes",
        published=moment(4),
        step=4,
        summary="From April the library on Net Street is open on Mondays too.",
        body=prose(
            "From April the library on Net Street is open on Mondays too. The council agreed nine to seven.",
            "The extra day is paid for from late fees that nobody had spent. It was not said who was late.",
        ),
    ),
    Story(
        id="tea-market",
        title="Spring tea market counts its visitors",
        published=local("2026-03-15 19:30"),
        step=5,
        body=prose(
            *_TEA,
            "<em>Correction: an earlier version of this story gave 12,400 visitors. Two digits had changed"
            " places; the stewards counted 14,200.</em>",
        ).format(visitors="14,200"),
    ),
    Story(
        id="heron-crane",
        title="Crane four waits for a heron",
        published=moment(7),
        step=7,
        body=prose(
            "Crane four on the east quay stands still until the end of the month. A heron has built in"
            " its jib, twenty-six metres up, and there are three eggs.",
            "Cranes three and five take over the loading. The board expects no delay, <strong>and asks"
            " visitors not to climb</strong>.",
        ),
    ),
    Story(
        id="tide-tables",
        title="Tide tables for the second quarter are out",
        published=moment(10),
        step=10,
        body=prose(
            "The tables for April to June can be had at the harbour office, on paper and for nothing. The"
            " highest water is expected on 18 April at 11:52, with 4.86 metres.",
            "Shops on the low quay are advised to keep their boards at hand from the sixteenth.",
        ),
    ),
)
