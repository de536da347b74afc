"""How topics are called, and which of them people are to find."""

from collections.abc import Iterable
from dataclasses import replace

from aggregator.model import WITHDRAWN, Topic, TopicState
from aggregator.publish.descriptions import Descriptions
from aggregator.render.pages import Pages
from aggregator.settings import Config, NamedFeed


class Labels:
    """The labels of topics in a configuration, as ``pages`` write them."""

    def __init__(self, config: Config, descriptions: Descriptions, pages: Pages) -> None:
        self._feeds = {feed.name: feed for feed in config.feeds}
        self._sources = {source.name for source in config.sources}
        self._former = {old: source.shown_as for source in config.sources for old in source.was}
        self._descriptions = descriptions
        self._pages = pages

    def named(self, topic: Topic) -> NamedFeed | None:
        """The feed of a topic that the user named."""
        return self._feeds.get(topic.name) if topic.kind == "feed" else None

    def labelled(self, topic: Topic) -> Topic:
        """The topic as people see it: a source under its label, or as one that has ended."""
        if topic.kind in ("withdrawn", "operations"):
            return replace(topic, label=self._pages.label(topic))
        if feed := self.named(topic):
            return replace(topic, label=feed.label or feed.name)
        if topic.kind != "source":
            return topic
        label = self._former.get(topic.name) or self._descriptions.label(topic.name)
        return replace(topic, label=self._pages.ended(label) if self.has_ended(topic) else label)

    def has_ended(self, topic: Topic) -> bool:
        """Tell whether a topic is a source that left the configuration."""
        return topic.kind == "source" and not (topic.name in self._sources or topic.name in self._former)

    def found(self, states: Iterable[TopicState]) -> list[TopicState]:
        """Those of all topics whose feeds people are to find, labelled as they see them.

        Feeds of former names go on and those of sources that left stay, but nobody is to find them anew.
        """
        shown = [
            replace(one, topic=self.labelled(one.topic))
            for one in states
            if not one.leads_to and (one.topic.kind != "source" or one.topic.name in self._sources)
        ]
        return [*shown, TopicState(WITHDRAWN)]

    def of(self, topic: Topic) -> str:
        """What people see of a topic that is found."""
        return self._pages.label(topic)
