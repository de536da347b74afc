"""Dates as people and programs write them, read as moments in UTC."""

from aggregator.text.dates.order import day_in, settle_order
from aggregator.text.dates.parser import combine, is_moment, read_date, read_day, same_day, settle_date
