"""Parameters of the log files."""

from __future__ import annotations

from webmail.config.kinds import BYTES, PATH, SECONDS, choice
from webmail.config.param import STORED, UNSUPPORTED, Section, param

LEVEL = choice("Nolog", "Critical", "Error", "Warning", "Notice", "Information", "Debug")
FACILITY = choice("none", "user", "mail", "daemon", *(f"local{number}" for number in range(8)))


class LogFile(Section):
    """`logfile.<service>`: what is logged, where, and for how long it is kept."""

    loglevel: str = param("Notice", "Least important line that is logged.", kind=LEVEL, refreshable=False)
    logdir: str = param(
        "",
        "Directory of the log; empty: `log` under local.datadir, or standard error in the foreground.",
        kind=PATH,
        refreshable=False,
    )
    syslogfacility: str = param(
        "none", "Log to syslog with this facility instead.", kind=FACILITY, effect=UNSUPPORTED
    )
    maxlogfilesize: int = param(2_097_152, "Largest log file.", kind=BYTES, at_least=0, effect=UNSUPPORTED)
    rollovertime: int = param(
        86_400, "Time after which a new file is begun.", kind=SECONDS, at_least=0, effect=UNSUPPORTED
    )
    maxlogfiles: int = param(10, "Most log files kept.", at_least=1, effect=UNSUPPORTED)
    maxlogsize: int = param(
        20_971_520, "Most room for all log files.", kind=BYTES, at_least=0, effect=UNSUPPORTED
    )
    minfreediskspace: int = param(
        5_242_880,
        "Room on the disk that old files are removed for.",
        kind=BYTES,
        at_least=0,
        effect=UNSUPPORTED,
    )
    expirytime: int = param(
        604_800, "Time for which a file is kept.", kind=SECONDS, at_least=0, effect=UNSUPPORTED
    )
    buffersize: int = param(
        0, "Room for lines that are not written yet.", kind=BYTES, at_least=0, effect=UNSUPPORTED
    )
    flushinterval: int = param(
        60, "Time after which they are written.", kind=SECONDS, at_least=0, effect=UNSUPPORTED
    )


class HttpLog(LogFile, prefix="logfile.http"):
    """The log of the http service."""


class PopLog(LogFile, prefix="logfile.pop", effect=STORED):
    """The log of the POP service."""


class ImapLog(LogFile, prefix="logfile.imap"):
    """The log of the IMAP service."""


class DefaultLog(LogFile, prefix="logfile.default", effect=UNSUPPORTED):
    """The log of everything else."""


class ImtaLog(LogFile, prefix="logfile.imta", effect=UNSUPPORTED):
    """The log of an MTA."""


class AdminLog(LogFile, prefix="logfile.admin", effect=UNSUPPORTED):
    """The log of the administration server."""
