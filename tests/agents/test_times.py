"""Time phrases: a table of questions and the windows they ask for, then what must hold for every reading."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from agents.rules import times
from agents.rules.times import TimeError, TimeRead, Unit
from domain.windows import Window

ZONE_UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 20, 14, 37, tzinfo=UTC)  # a Friday
N = "2026-11-20 14:37"


def utc(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


def window(start: str, end: str) -> Window:
    return Window(utc(start), utc(end))


def only(question: str, now: datetime = NOW, zone: ZoneInfo = ZONE_UTC) -> TimeRead:
    (found,) = times.read(question, now, zone)
    return found


# question, start, end, unit: as asked on Friday 2026-11-20 at 14:37 UTC
ROWS = [
    # counted from now
    ("How many alerts fired on payment-service last week?", "2026-11-09", "2026-11-16", "week"),
    ("error rate in the previous week", "2026-11-09", "2026-11-16", "week"),
    ("what broke in the past week?", "2026-11-13 14:37", N, "week"),
    ("show alerts for the last 7 days", "2026-11-13 14:37", N, "span"),
    ("top 5 services by alerts this week", "2026-11-16", N, "week"),
    ("how noisy was checkout this week so far", "2026-11-16", N, "week"),
    ("incidents the week before last", "2026-11-02", "2026-11-09", "week"),
    ("incidents in the month before last", "2026-09-01", "2026-10-01", "month"),
    ("CPU of web-1 over the last 24 hours", "2026-11-19 14:37", N, "span"),
    ("CPU of web-1 for the last hour", "2026-11-20 13:37", N, "hour"),
    ("requests in the last minute", "2026-11-20 14:36", N, "minute"),
    ("requests this hour", "2026-11-20 14:00", N, "hour"),
    ("requests in the past 90 seconds", "2026-11-20 14:35:30", N, "span"),
    ("MTTR last month", "2026-10-01", "2026-11-01", "month"),
    ("MTTR in the past month", "2026-10-20 14:37", N, "month"),
    ("MTTR this month", "2026-11-01", N, "month"),
    ("MTTR in the current month", "2026-11-01", N, "month"),
    ("MTTR month to date", "2026-11-01", N, "month"),
    ("MTTR mtd", "2026-11-01", N, "month"),
    ("pages week to date", "2026-11-16", N, "week"),
    ("alerts in the past 30 days", "2026-10-21 14:37", N, "span"),
    ("SLO compliance last quarter", "2026-07-01", "2026-10-01", "quarter"),
    ("SLO compliance this quarter", "2026-10-01", N, "quarter"),
    ("SLO compliance qtd", "2026-10-01", N, "quarter"),
    ("alerts in the past quarter", "2026-08-20 14:37", N, "quarter"),
    ("incidents this year", "2026-01-01", N, "year"),
    ("incidents year to date", "2026-01-01", N, "year"),
    ("incidents ytd by severity", "2026-01-01", N, "year"),
    ("incidents since the beginning of the year", "2026-01-01", N, "span"),
    ("show last year's incidents", "2025-01-01", "2026-01-01", "year"),
    ("growth over the past year", "2025-11-20 14:37", N, "year"),
    ("disk usage last day", "2026-11-19 14:37", N, "day"),
    ("alerts in the last day", "2026-11-19 14:37", N, "day"),
    ("alerts in the last 6 hours of yesterday", "2026-11-19 18:00", "2026-11-20", "span"),
    ("alerts in the first hour and a half of yesterday", "2026-11-19", "2026-11-19 01:30", "span"),
    ("alerts since new year", "2026-01-01", N, "span"),
    ("alerts since the new year", "2026-01-01", N, "span"),
    ("alerts on New Year's Day", "2026-01-01", "2026-01-02", "day"),
    ("alerts on new years", "2026-01-01", "2026-01-02", "day"),
    ("alerts Sunday a week ago", "2026-11-08", "2026-11-09", "day"),
    ("alerts on Friday two weeks ago", "2026-11-06", "2026-11-07", "day"),
    ("alerts a week ago on Sunday", "2026-11-08", "2026-11-09", "day"),
    ("alerts on the last day of October", "2026-10-31", "2026-11-01", "day"),
    ("alerts on the first day of this month", "2026-11-01", "2026-11-02", "day"),
    ("alerts on the last day of Feb 2024 at noon", "2024-02-29 11:30", "2024-02-29 12:30", "hour"),
    ("alerts in the last day in production", "2026-11-19 14:37", N, "day"),
    ("alerts in early July", "2026-07-01", "2026-07-11", "span"),
    ("alerts mid-July", "2026-07-11", "2026-07-21", "span"),
    ("alerts in late July 2025", "2025-07-21", "2025-08-01", "span"),
    ("alerts at the end of last month", "2026-10-21", "2026-11-01", "span"),
    ("alerts early this month", "2026-11-01", "2026-11-11", "span"),
    ("alerts at the end of February", "2026-02-21", "2026-03-01", "span"),
    ("alerts from July 3 to the end of July", "2026-07-03", "2026-08-01", "span"),
    ("disk usage past day", "2026-11-19 14:37", N, "day"),
    ("restarts in the last couple of hours", "2026-11-20 12:37", N, "span"),
    ("restarts in the past few days", "2026-11-17 14:37", N, "span"),
    ("restarts in the past half hour", "2026-11-20 14:07", N, "span"),
    ("restarts in the last quarter of an hour", "2026-11-20 14:22", N, "span"),
    ("restarts in the last half an hour", "2026-11-20 14:07", N, "span"),
    ("restarts in the last 90 minutes", "2026-11-20 13:07", N, "span"),
    ("restarts in the last hour and 30 minutes", "2026-11-20 13:07", N, "span"),
    ("restarts in the last hour and a half", "2026-11-20 13:07", N, "span"),
    ("what happened an hour and a half ago", "2026-11-20 12:37", "2026-11-20 13:37", "hour"),
    ("restarts in the last 1h30m", "2026-11-20 13:07", N, "span"),
    ("restarts in the last 1.5 hours", "2026-11-20 13:07", N, "span"),
    ("errors in the last 2 weeks", "2026-11-06 14:37", N, "span"),
    ("errors over the past fortnight", "2026-11-06 14:37", N, "span"),
    ("errors over the last three months", "2026-08-20 14:37", N, "span"),
    ("errors over the trailing 2 quarters", "2026-05-20 14:37", N, "span"),
    ("errors LAST\n 24   Hours", "2026-11-19 14:37", N, "span"),
    ("errors 48h", "2026-11-18 14:37", N, "span"),
    ("errors last 30d", "2026-10-21 14:37", N, "span"),
    ("errors in the last 15m", "2026-11-20 14:22", N, "span"),
    ("24 hours", "2026-11-19 14:37", N, "span"),
    ("how many pages in 24 hours", "2026-11-19 14:37", N, "span"),
    # ago
    ("what happened an hour ago?", "2026-11-20 13:07", "2026-11-20 14:07", "hour"),
    ("what happened 3 hours ago?", "2026-11-20 11:07", "2026-11-20 12:07", "hour"),
    ("what happened 20 minutes ago?", "2026-11-20 14:12", "2026-11-20 14:22", "span"),
    ("what happened 2 minutes ago?", "2026-11-20 14:30", N, "span"),
    ("deploys 3 days ago", "2026-11-17", "2026-11-18", "day"),
    ("deploys 3 days ago at 14:00", "2026-11-17 13:30", "2026-11-17 14:30", "hour"),
    ("deploys two weeks ago", "2026-11-02", "2026-11-09", "week"),
    ("deploys a month ago", "2026-10-01", "2026-11-01", "month"),
    ("deploys a year ago", "2025-01-01", "2026-01-01", "year"),
    ("what was up this time yesterday", "2026-11-19 14:07", "2026-11-19 15:07", "hour"),
    # months, quarters, years, weeks
    ("error budget in Q3", "2026-07-01", "2026-10-01", "quarter"),
    ("error budget in Q4", "2026-10-01", N, "quarter"),
    ("error budget Q3 2025", "2025-07-01", "2025-10-01", "quarter"),
    ("error budget Q3 of last year", "2025-07-01", "2025-10-01", "quarter"),
    ("error budget 2025 Q3", "2025-07-01", "2025-10-01", "quarter"),
    ("error budget in the third quarter", "2026-07-01", "2026-10-01", "quarter"),
    ("error budget in the first quarter of 2024", "2024-01-01", "2024-04-01", "quarter"),
    ("error budget in the last quarter of 2025", "2025-10-01", "2026-01-01", "quarter"),
    ("error budget H1 2025", "2025-01-01", "2025-07-01", "span"),
    ("error budget in the second half of 2025", "2025-07-01", "2026-01-01", "span"),
    ("incidents in 2025", "2025-01-01", "2026-01-01", "year"),
    ("incidents of the year 2024", "2024-01-01", "2025-01-01", "year"),
    ("incidents in 2026", "2026-01-01", N, "year"),
    ("incidents in July", "2026-07-01", "2026-08-01", "month"),
    ("incidents in December", "2025-12-01", "2026-01-01", "month"),
    ("incidents in November", "2026-11-01", N, "month"),
    ("July incidents", "2026-07-01", "2026-08-01", "month"),
    ("incidents in may", "2026-05-01", "2026-06-01", "month"),
    ("how many pages did we get in March?", "2026-03-01", "2026-04-01", "month"),
    ("incidents in Sept", "2026-09-01", "2026-10-01", "month"),
    ("incidents July 2025", "2025-07-01", "2025-08-01", "month"),
    ("incidents in Feb 2024", "2024-02-01", "2024-03-01", "month"),
    ("incidents of July last year", "2025-07-01", "2025-08-01", "month"),
    ("incidents last July", "2026-07-01", "2026-08-01", "month"),
    ("incidents last November", "2025-11-01", "2025-12-01", "month"),
    ("incidents this March", "2026-03-01", "2026-04-01", "month"),
    ("incidents 2025-07", "2025-07-01", "2025-08-01", "month"),
    ("alerts in the week of Jan 5", "2026-01-05", "2026-01-12", "week"),
    ("alerts in the week of Jan 7, 2026", "2026-01-05", "2026-01-12", "week"),
    ("alerts in the first week of October", "2026-10-01", "2026-10-08", "week"),
    ("alerts in the 2nd week of October 2025", "2025-10-08", "2025-10-15", "week"),
    ("alerts in the last week of February 2024", "2024-02-23", "2024-03-01", "week"),
    ("alerts in 2020-W53", "2020-12-28", "2021-01-04", "week"),
    ("alerts in 2026-W01", "2025-12-29", "2026-01-05", "week"),
    ("alerts in week 10 of 2026", "2026-03-02", "2026-03-09", "week"),
    # days
    ("What caused the outage on Jan 10?", "2026-01-10", "2026-01-11", "day"),
    ("What caused the outage on January 10th?", "2026-01-10", "2026-01-11", "day"),
    ("the outage of 10 January 2026", "2026-01-10", "2026-01-11", "day"),
    ("the outage of the 10th of January", "2026-01-10", "2026-01-11", "day"),
    ("the outage of Jan 10, 2025", "2025-01-10", "2025-01-11", "day"),
    ("the outage of Jan. 10 last year", "2025-01-10", "2025-01-11", "day"),
    ("the outage on May 3", "2026-05-03", "2026-05-04", "day"),
    ("the outage on Dec 24", "2025-12-24", "2025-12-25", "day"),
    ("the outage on Feb 29", "2024-02-29", "2024-03-01", "day"),
    ("the outage on Saturday, Jan 10th", "2026-01-10", "2026-01-11", "day"),
    ("the outage on 2026-01-10", "2026-01-10", "2026-01-11", "day"),
    ("the outage on 2026/01/10", "2026-01-10", "2026-01-11", "day"),
    ("the outage on 13/01/2026", "2026-01-13", "2026-01-14", "day"),
    ("the outage on 12/31/2025", "2025-12-31", "2026-01-01", "day"),
    ("the outage on 31.12.2025.", "2025-12-31", "2026-01-01", "day"),
    ("the outage on 05/05/2026", "2026-05-05", "2026-05-06", "day"),
    ("the outage on the 10th?", "2026-11-10", "2026-11-11", "day"),
    ("the outage on the 25th", "2026-10-25", "2026-10-26", "day"),
    ("the outage on the 31st", "2026-10-31", "2026-11-01", "day"),
    ("the outage on the 3rd of last month", "2026-10-03", "2026-10-04", "day"),
    ("alerts on Monday", "2026-11-16", "2026-11-17", "day"),
    ("alerts on Friday", "2026-11-20", N, "day"),
    ("alerts last Friday", "2026-11-13", "2026-11-14", "day"),
    ("alerts last Saturday", "2026-11-14", "2026-11-15", "day"),
    ("alerts this Tuesday", "2026-11-17", "2026-11-18", "day"),
    ("alerts on Tuesday of last week", "2026-11-10", "2026-11-11", "day"),
    ("alerts on sun", "2026-11-15", "2026-11-16", "day"),
    ("alerts today", "2026-11-20", N, "day"),
    ("yesterday's alerts", "2026-11-19", "2026-11-20", "day"),
    ("alerts the day before yesterday", "2026-11-18", "2026-11-19", "day"),
    ("alerts last weekend", "2026-11-14", "2026-11-16", "span"),
    ("alerts over the weekend", "2026-11-14", "2026-11-16", "span"),
    ("alerts on the weekend of Nov 6", "2026-11-07", "2026-11-09", "span"),
    # parts of a day
    ("who was paged last night?", "2026-11-19 20:00", "2026-11-20 06:00", "span"),
    ("what happened overnight", "2026-11-19 20:00", "2026-11-20 06:00", "span"),
    ("what happened this morning", "2026-11-20 06:00", "2026-11-20 12:00", "span"),
    ("what happened this afternoon", "2026-11-20 12:00", N, "span"),
    ("what happened last evening", "2026-11-19 18:00", "2026-11-19 23:00", "span"),
    ("what happened yesterday afternoon", "2026-11-19 12:00", "2026-11-19 18:00", "span"),
    ("what happened Monday night", "2026-11-16 20:00", "2026-11-17 06:00", "span"),
    ("what happened Friday night", "2026-11-13 20:00", "2026-11-14 06:00", "span"),
    ("what happened in the morning of Jan 10", "2026-01-10 06:00", "2026-01-10 12:00", "span"),
    ("what happened at 3am last night", "2026-11-20 02:30", "2026-11-20 03:30", "hour"),
    ("what happened last night around 11pm", "2026-11-19 22:30", "2026-11-19 23:30", "hour"),
    ("what happened between 8 and 10 this morning", "2026-11-20 08:00", "2026-11-20 10:00", "span"),
    ("what happened between 1 and 2 this afternoon", "2026-11-20 13:00", "2026-11-20 14:00", "span"),
    # clocks
    ("latency around 3pm", "2026-11-19 14:30", "2026-11-19 15:30", "hour"),
    ("latency at noon", "2026-11-20 11:30", "2026-11-20 12:30", "hour"),
    ("latency at 14:20", "2026-11-20 13:50", N, "hour"),
    ("latency at 14:30 UTC on Jan 10", "2026-01-10 14:00", "2026-01-10 15:00", "hour"),
    ("latency yesterday at 3:15 p.m.", "2026-11-19 14:45", "2026-11-19 15:45", "hour"),
    ("latency on Friday at 3pm", "2026-11-13 14:30", "2026-11-13 15:30", "hour"),
    ("latency at 2pm EST yesterday", "2026-11-19 18:30", "2026-11-19 19:30", "hour"),
    ("latency at 14:00 Europe/Berlin yesterday", "2026-11-19 12:30", "2026-11-19 13:30", "hour"),
    ("latency at 14:00 CET on July 10", "2026-07-10 11:30", "2026-07-10 12:30", "hour"),
    ("latency at 14:00 UTC+2 yesterday", "2026-11-19 11:30", "2026-11-19 12:30", "hour"),
    ("latency at 2026-11-18 14:00", "2026-11-18 13:30", "2026-11-18 14:30", "hour"),
    ("latency at 2026-11-18T14:00:30Z", "2026-11-18 13:30:30", "2026-11-18 14:30:30", "hour"),
    ("latency between 2 and 4 pm on Jan 10", "2026-01-10 14:00", "2026-01-10 16:00", "span"),
    ("latency from 11 to 2 pm on Jan 10", "2026-01-10 11:00", "2026-01-10 14:00", "span"),
    ("latency from 14:00 to 16:30 yesterday", "2026-11-19 14:00", "2026-11-19 16:30", "span"),
    ("latency yesterday between 9am and noon", "2026-11-19 09:00", "2026-11-19 12:00", "span"),
    ("latency between 9 and 5 yesterday", "2026-11-19 09:00", "2026-11-19 17:00", "span"),
    ("latency between 9 and 17 on Monday", "2026-11-16 09:00", "2026-11-16 17:00", "span"),
    ("latency 2-4pm today", "2026-11-20 14:00", N, "span"),
    ("latency 10:00–11:00", "2026-11-20 10:00", "2026-11-20 11:00", "span"),
    ("latency between 10pm and midnight yesterday", "2026-11-19 22:00", "2026-11-20", "span"),
    ("latency from 11pm to 2am yesterday", "2026-11-19 23:00", "2026-11-20 02:00", "span"),
    ("latency from 3pm to 5pm EST on Jan 10", "2026-01-10 20:00", "2026-01-10 22:00", "span"),
    ("latency from 14:00 UTC to 16:00 UTC yesterday", "2026-11-19 14:00", "2026-11-19 16:00", "span"),
    # since, from, to
    ("alerts since 3pm", "2026-11-19 15:00", N, "span"),
    ("alerts since midnight", "2026-11-20", N, "span"),
    ("alerts since yesterday", "2026-11-19", N, "span"),
    ("alerts since last Monday", "2026-11-16", N, "span"),
    ("alerts since Tuesday", "2026-11-17", N, "span"),
    ("alerts since Monday 9am", "2026-11-16 09:00", N, "span"),
    ("alerts since 2 hours ago", "2026-11-20 12:37", N, "span"),
    ("alerts since July", "2026-07-01", N, "span"),
    ("alerts after 3pm yesterday", "2026-11-19 15:00", N, "span"),
    ("alerts after Monday", "2026-11-17", N, "span"),
    ("alerts starting from Jan 10", "2026-01-10", N, "span"),
    ("alerts from Monday to Wednesday", "2026-11-16", "2026-11-19", "span"),
    ("alerts from Thursday to Wednesday", "2026-11-12", "2026-11-19", "span"),
    ("alerts from Monday until now", "2026-11-16", N, "span"),
    ("alerts between Q2 and Q3", "2026-04-01", "2026-10-01", "span"),
    ("alerts from December to February", "2025-12-01", "2026-03-01", "span"),
    ("alerts between March and May", "2026-03-01", "2026-06-01", "span"),
    ("alerts Jan 10-12", "2026-01-10", "2026-01-13", "span"),
    ("alerts between Jan 10 and 12", "2026-01-10", "2026-01-13", "span"),
    ("alerts from 10 to 12 January 2025", "2025-01-10", "2025-01-13", "span"),
    ("alerts from 2024-12-30 to 2025-01-02", "2024-12-30", "2025-01-03", "span"),
    ("alerts from 2pm yesterday to 4am today", "2026-11-19 14:00", "2026-11-20 04:00", "span"),
    ("alerts from yesterday 22:00 to 02:00", "2026-11-19 22:00", "2026-11-20 02:00", "span"),
    ("alerts from Jan 10 14:00 to Jan 11 09:00", "2026-01-10 14:00", "2026-01-11 09:00", "span"),
    ("alerts from 3 hours ago to 1 hour ago", "2026-11-20 11:37", "2026-11-20 13:37", "span"),
    ("alerts 2026-01-10T14:00Z/2026-01-10T15:00Z", "2026-01-10 14:00", "2026-01-10 15:00", "span"),
    ("alerts 2026-01-10T14:00:00Z to 2026-01-10T15:00:00Z", "2026-01-10 14:00", "2026-01-10 15:00", "span"),
    ("alerts 2026-01-10T14:00+02:00 to 2026-01-10T15:00+02:00", "2026-01-10 12:00", "2026-01-10 13:00", "span"),
    # everything kept
    ("has this ever happened", "2000-01-01", N, "span"),
    ("noisiest alerts of all time", "2000-01-01", N, "span"),
]


@pytest.mark.parametrize(("question", "start", "end", "unit"), ROWS, ids=[row[0] for row in ROWS])
def test_a_phrase_inside_a_question_is_the_window_it_asks_for(question: str, start: str, end: str, unit: str) -> None:
    found = only(question)
    assert (found.window, found.unit) == (window(start, end), Unit(unit))


# question, now, zone, start, end
PLACES = [
    # the clocks go on in Berlin on 2026-03-29 at 01:00 UTC (23 hours) and back on 2026-10-25 (25 hours)
    ("errors yesterday", "2026-03-30 10:00", BERLIN, "2026-03-28 23:00", "2026-03-29 22:00"),
    ("errors yesterday", "2026-10-26 10:00", BERLIN, "2026-10-24 22:00", "2026-10-25 23:00"),
    ("errors today", "2026-03-29 10:00", BERLIN, "2026-03-28 23:00", "2026-03-29 10:00"),
    ("errors last week", "2026-03-31 10:00", BERLIN, "2026-03-22 23:00", "2026-03-29 22:00"),
    ("errors in the last 24 hours", "2026-03-29 10:00", BERLIN, "2026-03-28 10:00", "2026-03-29 10:00"),
    ("errors in the last 7 days", "2026-03-30 10:00", BERLIN, "2026-03-23 11:00", "2026-03-30 10:00"),
    ("errors last night", "2026-03-29 10:00", BERLIN, "2026-03-28 19:00", "2026-03-29 04:00"),
    ("errors last month", "2026-04-02 10:00", BERLIN, "2026-02-28 23:00", "2026-03-31 22:00"),
    ("errors from 1:00 to 4:00 on 2026-03-29", "2026-04-02 10:00", BERLIN, "2026-03-29 00:00", "2026-03-29 02:00"),
    ("errors from 1:00 to 4:00 on 2026-10-25", "2026-11-02 10:00", BERLIN, "2026-10-24 23:00", "2026-10-25 03:00"),
    ("errors at 02:30 on 2026-03-29", "2026-04-02 10:00", BERLIN, "2026-03-29 01:00", "2026-03-29 02:00"),
    ("errors on Mar 8", "2026-03-10 10:00", NEW_YORK, "2026-03-08 05:00", "2026-03-09 04:00"),
    ("errors on Nov 1", "2026-11-20 10:00", NEW_YORK, "2026-11-01 04:00", "2026-11-02 05:00"),
    # the date is the asker's, not Greenwich's
    ("errors today", "2026-11-20 23:30", BERLIN, "2026-11-20 23:00", "2026-11-20 23:30"),
    ("errors today", "2026-11-20 03:00", NEW_YORK, "2026-11-19 05:00", "2026-11-20 03:00"),
    ("errors yesterday", "2026-11-20 14:37", KOLKATA, "2026-11-18 18:30", "2026-11-19 18:30"),
    ("errors this hour", "2026-11-20 14:37", KOLKATA, "2026-11-20 14:30", "2026-11-20 14:37"),
    ("errors at 9am UTC", "2026-11-20 14:37", KOLKATA, "2026-11-20 08:30", "2026-11-20 09:30"),
    ("errors between 9am and 5pm ET yesterday", "2026-11-20 03:00", BERLIN, "2026-11-18 14:00", "2026-11-18 22:00"),
    # the ends of months and years, leap years
    ("errors last month", "2026-01-01 00:01", ZONE_UTC, "2025-12-01", "2026-01-01"),
    ("errors last quarter", "2026-02-10 09:00", ZONE_UTC, "2025-10-01", "2026-01-01"),
    ("errors in Q4", "2026-02-10 09:00", ZONE_UTC, "2025-10-01", "2026-01-01"),
    ("errors yesterday", "2024-03-01 09:00", ZONE_UTC, "2024-02-29", "2024-03-01"),
    ("errors last month", "2024-03-31 09:00", ZONE_UTC, "2024-02-01", "2024-03-01"),
    ("errors in the past month", "2026-03-31 09:00", ZONE_UTC, "2026-02-28 09:00", "2026-03-31 09:00"),
    ("errors in the past year", "2024-02-29 09:00", ZONE_UTC, "2023-02-28 09:00", "2024-02-29 09:00"),
    ("errors on Feb 29", "2026-01-15 09:00", ZONE_UTC, "2024-02-29", "2024-03-01"),
    ("errors on the 30th", "2026-03-05 09:00", ZONE_UTC, "2026-01-30", "2026-01-31"),
    ("errors from Dec 28 to Jan 3", "2026-01-10 09:00", ZONE_UTC, "2025-12-28", "2026-01-04"),
    # weeks across the year's end
    ("errors last week", "2026-01-06 09:00", ZONE_UTC, "2025-12-29", "2026-01-05"),
    ("errors this week", "2027-01-02 09:00", ZONE_UTC, "2026-12-28", "2027-01-02 09:00"),
    ("errors last week", "2021-01-04 00:01", ZONE_UTC, "2020-12-28", "2021-01-04"),
    ("errors on Monday", "2026-01-01 09:00", ZONE_UTC, "2025-12-29", "2025-12-30"),
    ("errors last Monday", "2026-11-16 09:00", ZONE_UTC, "2026-11-09", "2026-11-10"),
    ("errors on Monday", "2026-11-16 09:00", ZONE_UTC, "2026-11-16", "2026-11-16 09:00"),
    # a weekend not over, a night not over
    ("errors over the weekend", "2026-11-21 09:00", ZONE_UTC, "2026-11-21", "2026-11-21 09:00"),
    ("errors last weekend", "2026-11-21 09:00", ZONE_UTC, "2026-11-14", "2026-11-16"),
    ("errors tonight", "2026-11-20 22:00", ZONE_UTC, "2026-11-20 20:00", "2026-11-20 22:00"),
    ("errors tonight", "2026-11-20 02:00", ZONE_UTC, "2026-11-19 20:00", "2026-11-20 02:00"),
    ("errors this morning", "2026-11-20 04:00", ZONE_UTC, "2026-11-20 00:00", "2026-11-20 04:00"),
]


@pytest.mark.parametrize(("question", "now", "zone", "start", "end"), PLACES)
def test_the_calendar_is_that_of_the_zone_and_the_moment_of_asking(
    question: str, now: str, zone: ZoneInfo, start: str, end: str
) -> None:
    """IN-04."""
    assert only(question, utc(now), zone).window == window(start, end)


NAMES = [
    "traffic on Black Friday", "set a 1h refresh",
    "may I see the noisy ones?", "what may cause this", "the second most frequent alert", "march on",
    "p95 of checkout", "5xx ratio", "top 5 services", "HTTP 500 from the gateway", "2 alerts", "restart orders-2025",
    "logs of q3-processor", "is sunday-batch-service up?", "last 100 log entries", "deploy payment-v2",
    "24x7 support", "port 8080 is closed", "open INC-2024-001", "CPU of api-1h", "the 95th percentile",
    "the 1st attempt", "what is firing right now?", "currently firing", "services with between 5 and 10 alerts",
    "good morning", "alerts firing for 2h", "more than 48h", "https://grafana/d/2025-01-10/x",
    "memory 500m, latency 5s", "pod web-2026-01-10-abc", "every monday", "he sat there", "in 2048 MB",
    "node 10.0.0.1:9100", "the last 3 deployments", "the last one", "v2025-01-10", "a quarter of requests",
    "the same day last week", "host db-1:5432", "the 5 may fail", "",
]  # fmt: skip


@pytest.mark.parametrize("question", NAMES)
def test_names_and_numbers_are_no_times(question: str) -> None:
    assert times.read(question, NOW, ZONE_UTC) == ()


ERRORS = [
    ("alerts on Feb 30", "'Feb 30' cannot be read as a time: no year has a day 30 in month 2"),
    ("alerts on Feb 29 2025", "2025-02-29 is not a date of the calendar"),
    ("alerts on 2026-02-30", "2026-02-30 is not a date of the calendar"),
    ("alerts on 2026-13-01", "2026-13-01 is not a date of the calendar"),
    ("alerts on 0000-01-10", "0 is not a year from 1970 to 2199"),
    ("alerts in the year 0", "0 is not a year from 1970 to 2199"),
    ("alerts in the last 99999 weeks", "is not a year from 1970 to 2199"),
    ("alerts on the 31st of this month", "2026-11-31 is not a date of the calendar"),
    ("alerts on the 32nd", "2026-11-32 is not a date of the calendar"),
    ("alerts in 2024-W53", "2024 has the weeks 1 to 52"),
    ("alerts at 25:00", "'25:00' is not a time of day"),
    ("alerts at 13pm", "'13pm' is not a time of day"),
    ("alerts at 12:75", "'12:75' is not a time of day"),
    ("alerts at 14:00 Mars/Phobos", "'Mars/Phobos' is not a time zone"),
    ("alerts at 14:00 UTC+19", "it is more than 14 hours"),
    ("alerts on 10/01/2026", "write 2026-10-01 or 2026-01-10, whichever is meant"),
    ("alerts on 10.01.2026", "write 2026-10-01 or 2026-01-10, whichever is meant"),
    ("alerts from today to yesterday", "before it starts"),
    ("alerts from 2026-01-12 to 2026-01-10", "before it starts"),
    ("alerts Jan 12-10", "it ends before it starts"),
    ("alerts until Friday", "it has an end but no start"),
    ("alerts before 3pm", "it has an end but no start"),
    ("alerts next week", "'next week' lies in the future: it begins on Mon 23 Nov 2026"),
    ("alerts in late November", "'late November' lies in the future: it begins on Sat 21 Nov 2026"),
    ("alerts in the next 24 hours", "'next 24 hours' lies in the future: it begins only now"),
    ("alerts tomorrow", "'tomorrow' lies in the future"),
    ("alerts next Friday", "'next Friday' lies in the future"),
    ("alerts next July", "'next July' lies in the future"),
    ("alerts this Saturday", "'this Saturday' lies in the future"),
    ("alerts this weekend", "'this weekend' lies in the future: it begins on Sat 21 Nov 2026"),
    ("alerts tonight", "'tonight' lies in the future"),
    ("alerts on Jan 10 2027", "'Jan 10 2027' lies in the future"),
    ("alerts in Q1 2027", "'Q1 2027' lies in the future"),
    ("alerts today at 5pm", "'today at 5pm' lies in the future: it begins on Fri 20 Nov 2026 at 16:30"),
]


@pytest.mark.parametrize(("question", "reason"), ERRORS)
def test_a_time_that_cannot_be_says_what_was_read_and_why(question: str, reason: str) -> None:
    with pytest.raises(TimeError) as caught:
        times.read(question, NOW, ZONE_UTC)
    assert reason in str(caught.value)


def test_a_period_at_its_very_first_instant_is_empty() -> None:
    with pytest.raises(TimeError, match="'today' lies in the future: it begins only now"):
        times.read("alerts today", utc("2026-11-20"), ZONE_UTC)


# question, windows when read together, windows when compared
COMPARISONS = [
    ("compare Q2 and Q3", ["Q2", "Q3"], ["Q2", "Q3"]),
    ("difference between Q2 and Q3", ["between Q2 and Q3"], ["Q2", "Q3"]),
    ("compare July to August", ["July to August"], ["July", "August"]),
    ("compare from July to August", ["from July to August"], ["July", "August"]),
    ("last week and this week", ["last week", "this week"], ["last week", "this week"]),
    ("between yesterday and today", ["between yesterday and today"], ["yesterday", "today"]),
    ("compare 2024 and 2025", ["2024", "2025"], ["2024", "2025"]),
    ("compare Q1 2026, Q2 2026 and Q3 2026", ["Q1 2026", "Q2 2026", "Q3 2026"], ["Q1 2026", "Q2 2026", "Q3 2026"]),
    ("between 2pm and 4pm yesterday", ["between 2pm and 4pm yesterday"], ["between 2pm and 4pm yesterday"]),
    ("2pm yesterday to 4am today", ["2pm yesterday to 4am today"], ["2pm yesterday to 4am today"]),
    ("July 1 to July 7 vs July 8 to July 14",) + (["July 1 to July 7", "July 8 to July 14"],) * 2,
]


@pytest.mark.parametrize(("question", "together", "apart"), COMPARISONS)
def test_a_comparison_takes_the_two_sides_apart(question: str, together: list[str], apart: list[str]) -> None:
    assert [found.words for found in times.read(question, NOW, ZONE_UTC)] == together
    assert [found.words for found in times.read(question, NOW, ZONE_UTC, separate=True)] == apart


def test_a_reading_says_its_words_their_place_and_that_now_cut_it() -> None:
    question = "How many alerts last week, and how many this week?"
    assert times.read(question, NOW, ZONE_UTC) == (
        TimeRead(window("2026-11-09", "2026-11-16"), "last week", (16, 25), Unit.WEEK, cut_at_now=False),
        TimeRead(window("2026-11-16", N), "this week", (40, 49), Unit.WEEK, cut_at_now=True),
    )


# window, unit, zone, the start of the window before
BEFORE = [
    (("2026-11-09", "2026-11-16"), "week", ZONE_UTC, "2026-11-02"),
    (("2026-11-16", N), "week", ZONE_UTC, "2026-11-09"),
    (("2026-03-01", "2026-04-01"), "month", ZONE_UTC, "2026-02-01"),
    (("2024-03-01", "2024-03-09"), "month", ZONE_UTC, "2024-02-01"),
    (("2026-01-01", "2026-02-01"), "month", ZONE_UTC, "2025-12-01"),
    (("2026-01-01", "2026-04-01"), "quarter", ZONE_UTC, "2025-10-01"),
    (("2026-01-01", N), "year", ZONE_UTC, "2025-01-01"),
    (("2026-11-20 14:00", N), "hour", ZONE_UTC, "2026-11-20 13:00"),
    (("2026-11-13 14:37", N), "week", ZONE_UTC, "2026-11-06 14:37"),
    (("2026-10-20 14:37", N), "month", ZONE_UTC, "2026-09-20 14:37"),
    (("2026-11-13 14:37", N), "span", ZONE_UTC, "2026-11-06 14:37"),
    (("2026-11-20 09:00", "2026-11-20 10:30"), "span", ZONE_UTC, "2026-11-20 07:30"),
    (("2026-07-01", "2026-09-01"), "span", ZONE_UTC, "2026-05-01"),
    (("2026-11-01 05:30", "2026-11-01 06:30"), "span", NEW_YORK, "2026-11-01 04:30"),
    (("2026-03-28 23:00", "2026-03-29 22:00"), "day", BERLIN, "2026-03-27 23:00"),
    (("2026-03-29 22:00", "2026-03-30 22:00"), "day", BERLIN, "2026-03-28 23:00"),
    (("2026-03-29 22:00", "2026-04-05 22:00"), "week", BERLIN, "2026-03-22 23:00"),
    (("2026-03-30 10:00", "2026-04-06 10:00"), "span", BERLIN, "2026-03-23 11:00"),
]


@pytest.mark.parametrize(("ends", "unit", "zone", "start"), BEFORE)
def test_the_window_before_is_the_same_calendar_length(
    ends: tuple[str, str], unit: str, zone: ZoneInfo, start: str
) -> None:
    assert times.before(window(*ends), Unit(unit), zone) == window(start, ends[0])


# previous question, follow-up, start, end, unit
FOLLOW_UPS = [
    ("alerts last week", "and the week before?", "2026-11-02", "2026-11-09", "week"),
    ("alerts last week", "compare with the week before that", "2026-11-02", "2026-11-09", "week"),
    ("alerts this week", "and the previous week?", "2026-11-09", "2026-11-16", "week"),
    ("alerts last month", "the previous month", "2026-09-01", "2026-10-01", "month"),
    ("alerts in March", "and before that?", "2026-02-01", "2026-03-01", "month"),
    ("alerts in Q3", "the quarter before that", "2026-04-01", "2026-07-01", "quarter"),
    ("alerts on Monday", "and the day after?", "2026-11-17", "2026-11-18", "day"),
    ("alerts on Monday", "what about the next day", "2026-11-17", "2026-11-18", "day"),
    ("alerts on Monday", "same day last week", "2026-11-09", "2026-11-10", "day"),
    ("alerts on Monday", "and a week earlier?", "2026-11-09", "2026-11-10", "day"),
    ("alerts on Monday", "and two days later?", "2026-11-18", "2026-11-19", "day"),
    ("alerts on Monday", "and the week before?", "2026-11-09", "2026-11-16", "week"),
    ("alerts last week", "and the day before?", "2026-11-08", "2026-11-09", "day"),
    ("alerts last week", "the following week", "2026-11-16", N, "week"),
    ("alerts last week", "the same week last year", "2025-11-10", "2025-11-17", "week"),
    ("alerts last month", "the same period last year", "2025-10-01", "2025-11-01", "month"),
    ("alerts this month", "versus the same period last month", "2026-10-01", "2026-10-20 14:37", "month"),
    ("alerts this week", "a week earlier", "2026-11-09", "2026-11-13 14:37", "week"),
    ("alerts from 9am to noon yesterday", "the day before?", "2026-11-18 09:00", "2026-11-18 12:00", "span"),
    ("alerts from 9am to noon yesterday", "same time a week ago", "2026-11-12 09:00", "2026-11-12 12:00", "span"),
    ("alerts from 9am to noon today", "same hours yesterday", "2026-11-19 09:00", "2026-11-19 12:00", "span"),
    ("alerts in the last 7 days", "the previous period", "2026-11-06 14:37", "2026-11-13 14:37", "span"),
    ("alerts from July to August", "and the month before?", "2026-06-01", "2026-07-01", "month"),
    ("alerts at 9am", "the hour after", "2026-11-20 09:30", "2026-11-20 10:30", "hour"),
]


@pytest.mark.parametrize(("question", "follow_up", "start", "end", "unit"), FOLLOW_UPS)
def test_a_follow_up_is_told_from_the_window_before_it(
    question: str, follow_up: str, start: str, end: str, unit: str
) -> None:
    found = times.read_relative(follow_up, only(question), NOW, ZONE_UTC)
    assert found
    assert (found.window, found.unit) == (window(start, end), Unit(unit))


@pytest.mark.parametrize(
    "text", ["and checkout?", "the day before yesterday", "the week before the deploy", "last week"]
)
def test_words_that_tell_nothing_of_another_window_are_no_follow_up(text: str) -> None:
    assert times.read_relative(text, only("alerts last week"), NOW, ZONE_UTC) is None


def test_a_follow_up_into_the_future_is_refused() -> None:
    with pytest.raises(TimeError, match="begins only now"):
        times.read_relative("and the day after?", only("alerts today"), NOW, ZONE_UTC)


def moments() -> list[datetime]:
    """A few hundred times of asking, odd enough to meet month ends, leap days and changes of the clocks."""
    return [
        datetime(2023, 12, 27, 0, 13, tzinfo=UTC) + index * timedelta(days=2, hours=7, minutes=41)
        for index in range(300)
    ]


@pytest.mark.parametrize("zone", [ZONE_UTC, BERLIN, NEW_YORK, KOLKATA], ids=str)
@pytest.mark.parametrize(
    "question", ["last week", "this month", "past 3 days", "on Feb 29", "last night", "since the 31st"]
)
def test_windows_are_utc_never_empty_and_never_of_the_future(question: str, zone: ZoneInfo) -> None:
    for now in moments():
        found = only(question, now, zone).window
        assert found.start.tzinfo is UTC
        assert found.end.tzinfo is UTC
        assert found.start < found.end <= now


@pytest.mark.parametrize("zone", [ZONE_UTC, BERLIN, NEW_YORK, KOLKATA], ids=str)
@pytest.mark.parametrize(
    "question", ["yesterday", "last week", "this month", "last quarter", "this year", "past 3 days"]
)
def test_the_window_before_ends_where_the_window_starts(question: str, zone: ZoneInfo) -> None:
    for now in moments():
        found = only(question, now, zone)
        previous = times.before(found.window, found.unit, zone)
        assert previous.end == found.window.start
        if found.unit is not Unit.SPAN and not found.cut_at_now:
            assert times.before(previous, found.unit, zone).end == previous.start


def test_last_week_is_monday_to_monday_in_every_zone() -> None:
    for now in moments():
        found = only("last week", now, BERLIN).window
        first, last = found.start.astimezone(BERLIN), found.end.astimezone(BERLIN)
        assert (first.weekday(), last.weekday(), (last.date() - first.date()).days) == (0, 0, 7)
        assert {first.time(), last.time()} == {datetime.min.time()}


SALAD = """
    last past this next previous week month quarter year day hour minute 7 30 2 24 hours days weeks ago an a couple of
    few half since until from to and between before after on at in the 10th 31st Jan Feb 30 March may July Q3 first
    second 2025 2026 monday friday sat weekend today yesterday tonight overnight morning night 3pm 25:00 14:00 9 5 am
    pm noon midnight UTC EST Europe/Berlin now ever same period earlier later - / , 2026-01-10 2026-02-30 10/01/2026
    2026-W53 48h 1h30m T14:00Z year 0 99999 9999 tomorrow fortnight so far 2026-01-10T14:00Z UTC+99 24:00
    """.split()  # noqa: SIM905 - a list of ninety quoted words reads worse


@dataclass(frozen=True, slots=True)
class Outcome:
    read: int
    refused: int


def eat(salads: list[str], now: datetime) -> Outcome:
    """Reads every salad both ways; anything but a TimeError passes through and fails the test."""
    previous = only("last week")
    read = refused = 0
    for number, salad in enumerate(salads):
        try:
            found = times.read(salad, now, BERLIN, separate=number % 2 == 0)
            assert all(salad[slice(*one.span)] == one.words and one.window.end <= now for one in found), salad
            assert all(one.span[1] <= other.span[0] for one, other in pairwise(found)), salad
            times.read_relative(salad, found[0] if found else previous, now, BERLIN)
            read += 1
        except TimeError:
            refused += 1
    return Outcome(read, refused)


def test_a_salad_of_time_words_is_read_or_refused_and_nothing_else() -> None:
    chance = random.Random(20261120)  # noqa: S311 - the same salads every run, no secret
    salads = [" ".join(chance.choices(SALAD, k=chance.randint(1, 9))) for _ in range(4000)]
    outcome = eat(salads, NOW)
    assert outcome.read > 1000
    assert outcome.refused > 500


def test_the_span_of_a_reading_is_where_its_words_stand() -> None:
    for question, *_ in ROWS:
        found = only(question)
        assert question[slice(*found.span)] == found.words, question
