#!/usr/bin/env python3
"""Writes the five folds of actors of EMO-SUPERB on CREMA-D as a split file: experiments/crema-d-mel/emo-superb.csv.

    scripts/make_emo_superb.py LIST > experiments/crema-d-mel/emo-superb.csv

LIST names the clips of CREMA-D, one a line, with or without folder and ending (of a CSV file the first column is read): its
index.csv, or what `ls AudioWAV` says. EMO-SUPERB (Wu et al., SLT 2024) cuts the actors into five sessions; each is tested once,
another one chooses the epoch, the other three train. Sessions and their parts are those of the files
data/CREMA-D/Primary/labels_consensus_1.csv to labels_consensus_5.csv of github.com/EMOsuperb/EMO-SUPERB-submission.
"""

import re
import sys

SESSIONS = [(1037, 1054), (1001, 1018), (1073, 1091), (1055, 1072), (1019, 1036)]
# Of each fold the sessions, from 0, that test and that choose the epoch.
FOLDS = [(1, 4), (4, 0), (0, 3), (3, 2), (2, 1)]

HEADER = "# The five folds of actors of EMO-SUPERB on CREMA-D, as scripts/make_emo_superb.py writes them; fold 0 is its first.\n"


def session_of(actor: int) -> int:
    return next(i for i, (first, last) in enumerate(SESSIONS) if first <= actor <= last)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        names = sorted(set(re.findall(r"^(?:.*/)?(\d{4}_[A-Z]{3}_[A-Z]{3}_[A-Z]{1,2})\b", file.read(), re.MULTILINE)))
    sys.stdout.write(HEADER + "clip,partition,fold\n")
    for fold, (test, validation) in enumerate(FOLDS):
        part = {test: "test", validation: "validation"}
        for name in names:
            partition = part.get(session_of(int(name[:4])), "train")
            sys.stdout.write(f"{name}.wav,{partition},{fold}\n")


if __name__ == "__main__":
    main()
