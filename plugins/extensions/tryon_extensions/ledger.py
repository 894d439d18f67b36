"""What a day has cost, in a file that threads and processes share."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs

from tryon_core.errors import LimitError, SettingsError

_KEPT_DAYS = 31
_BUSY_S = 60.0


@attrs.frozen
class Ledger:
    """Counts what is spent, before it is spent.

    Attributes:
        file: made when it is missing; entries are kept for 31 days.
    """

    file: Path

    def reserve(self, mark: str, day: date, amount: Decimal, currency: str, most: Decimal) -> None:
        """Count an amount, unless the day would cost too much with it.

        Args:
            mark: names the entry.
            day: on which it is spent.
            amount: in `currency`.
            currency: other currencies do not count.
            most: what the day may cost.

        Raises:
            LimitError: it would cost more; nothing is counted.
            SettingsError: the file cannot be used.
        """
        with self._held() as database:
            old = "DELETE FROM spent WHERE julianday(?) - julianday(day) > ?"
            database.execute(old, (str(day), _KEPT_DAYS))
            of_day = "SELECT amount FROM spent WHERE day = ? AND currency = ?"
            rows = database.execute(of_day, (str(day), currency))
            spent = sum((Decimal(text) for (text,) in rows), Decimal(0))
            if spent + amount > most:
                raise LimitError(
                    f"this costs {amount} {currency}, and {spent} of the {most} {currency} that a "
                    "day may cost here are spent or reserved.",
                    remedy="Go on tomorrow (UTC), or raise most_per_day of the extension policy.",
                )
            database.execute(
                "INSERT INTO spent (mark, day, currency, amount) VALUES (?, ?, ?, ?)",
                (mark, str(day), currency, str(amount)),
            )

    def name(self, mark: str, job: str) -> None:
        """Note which job an entry is for."""
        with self._held() as database:
            database.execute("UPDATE spent SET job = ? WHERE mark = ?", (job, mark))

    def correct(self, amount: str, currency: str, *, job: str) -> None:
        """Note what a job took."""
        with self._held() as database:
            change = "UPDATE spent SET amount = ? WHERE currency = ? AND job = ?"
            database.execute(change, (amount, currency, job))

    def give_back(self, name: str) -> None:
        """Remove an entry, by its mark or its job."""
        with self._held() as database:
            database.execute("DELETE FROM spent WHERE mark = ? OR job = ?", (name, name))

    @contextlib.contextmanager
    def _held(self) -> Iterator[sqlite3.Connection]:
        """Give the file, which is held until the end of the block: nobody else spends meanwhile."""
        try:
            database = sqlite3.connect(self.file, timeout=_BUSY_S, isolation_level=None)
            with contextlib.closing(database):
                database.execute("BEGIN IMMEDIATE")
                database.execute(
                    "CREATE TABLE IF NOT EXISTS spent "
                    "(mark TEXT PRIMARY KEY, day TEXT, currency TEXT, amount TEXT, job TEXT)"
                )
                yield database
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise SettingsError(
                f"the ledger {str(self.file)!r} cannot be used: {error}.",
                remedy="Correct 'ledger' of the extension policy.",
            ) from error
