"""What every run of the tests does, and `--thin`.

`--thin 4` runs one in four of the cases of tests that have many, as those that ask every op or
every file the same question; all others run whole. Another quarter has its turn each day, so in
four days nothing is left out; `--part 2` names one of them.
"""

import datetime
import gc
from collections import Counter
from zlib import crc32

MANY = 100


def pytest_addoption(parser):
    parser.addoption("--thin", type=int, default=1, help="one in so many cases of large tests")
    parser.addoption("--part", type=int, help="which of them, from 0; else it goes by the date")


def pytest_configure(config):
    if config.option.part is None:
        config.option.part = datetime.date.today().toordinal() % max(1, config.option.thin)


def pytest_report_header(config):
    thin, part = config.option.thin, config.option.part
    return f"thin: part {part} of {thin} (--thin {thin} --part {part})" if thin > 1 else None


def pytest_collection_modifyitems(config, items):
    thin, part = config.option.thin, config.option.part
    if thin > 1:
        cases = Counter(family(i) for i in items)
        kept = [i for i in items if cases[family(i)] <= MANY or has_its_turn(i.name, thin, part)]
        config.hook.pytest_deselected(items=list(set(items).difference(kept)))
        items[:] = kept


def family(item):
    """The test of which an item is a case."""
    return item.nodeid.partition("[")[0]


def has_its_turn(case, thin, part):
    """Whether a case is in this part of so many: for ever the same one, whatever is added."""
    return crc32(case.encode()) % thin == part


def pytest_collection_finish():
    """Leave the collected tests out of garbage collection.

    They are half a million objects that live to the end: each `gc.collect()` of a test, and each
    collection that Python begins by itself, would walk through all of them, for 0.3 s.
    """
    gc.freeze()
