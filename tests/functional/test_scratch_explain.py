from tests.functional.test_journal_at_scale import *  # noqa
from tests.functional.test_journal_at_scale import central, xjob  # noqa
import pathlib


def test_explain(xjob):
    for q in pathlib.Path('/tmp/x/q.sql').read_text().split(';'):
        if q.strip():
            s0 = xjob.statements()
            print('Q>', q.strip()[:200])
            for row in xjob.query(q.strip()):
                print('Q>  ', {k: v for k, v in row.items() if v is not None})
            print('Q>   rows', (xjob.statements() - s0).rows_read)
    assert 0
