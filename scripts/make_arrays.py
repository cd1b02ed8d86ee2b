"""Writes tests/golden/arrays: the same made-up numbers as NumPy and pandas save them, in every form that is read.

    python3 -m venv env && env/bin/pip install -r scripts/requirements-arrays.txt
    env/bin/python scripts/make_arrays.py

`expected.json` holds, for each file, its shape and its values in C order as NumPy reads them back; for each table its columns, its
rows by clip, and its numbers as pandas reads them back. The files are part of the project; the script is here so that they can be made
again. Whether the reader agrees is a test (src/arrays/golden_tests.rs).
"""

import json
import pathlib

import numpy
import pandas

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "arrays"
CLIPS = ["a/1.wav", "a/2.wav", "b/1.wav", "b/2.wav"]
COLUMNS = ["loudness_amean", "F0_stddevNorm", "mfcc1"]


def numbers(shape, seed):
    return numpy.random.default_rng(seed).uniform(0, 120, shape)


def arrays():
    expected = {}
    for dtype in ["u1", "i2", "i4", "i8", "f2", "f4", "f8", "u2", "u4", "u8", "i1", "?"]:
        for order in "<>":
            for layout in "CF":
                for shape in [(7,), (3, 5)]:
                    array = numpy.array(numbers(shape, len(expected)), dtype=numpy.dtype(order + dtype), order=layout)
                    name = f"{dtype.replace('?', 'bool')}-{'le' if order == '<' else 'be'}-{layout}-{len(shape)}.npy"
                    numpy.save(FOLDER / name, array)
                    back = numpy.load(FOLDER / name)
                    expected[name] = {"shape": list(back.shape), "values": back.astype("f8").ravel(order="C").tolist()}
    return expected


def tables():
    values = numbers((len(CLIPS), len(COLUMNS)), 99).astype("f4")
    spans = {
        "file": CLIPS,
        "start": pandas.to_timedelta([0.0, 0.0, 0.5, 0.0], unit="s"),
        "end": pandas.to_timedelta([3.3033125, 1.0, 2.25, 4.0], unit="s"),
    }
    indexed = pandas.DataFrame(values, columns=COLUMNS, index=pandas.MultiIndex.from_arrays(list(spans.values()), names=list(spans)))
    plain = pandas.DataFrame(values, columns=COLUMNS)
    plain.insert(0, "file", CLIPS)
    seconds = plain.copy()
    seconds.insert(1, "start", [0.0, 0.0, 0.5, 0.0])
    seconds.insert(2, "end", [3.3033125, 1.0, 2.25, 4.0])
    indexed.to_csv(FOLDER / "opensmile.csv")
    plain.to_csv(FOLDER / "numbered.csv")
    seconds.to_csv(FOLDER / "semicolon.csv", sep=";", index=False)
    for compression in ["snappy", "gzip", "zstd", "lz4", "brotli", None]:
        indexed.to_parquet(FOLDER / f"indexed-{compression or 'plain'}.parquet", compression=compression)
    plain.astype({"mfcc1": "float16", "F0_stddevNorm": "float64"}).to_parquet(FOLDER / "mixed.parquet", index=False)
    pandas.DataFrame({"file": CLIPS, "x": [row.tolist() for row in values]}).to_parquet(FOLDER / "lists.parquet", index=False)
    with_gap = plain.copy()
    with_gap.loc[2, "mfcc1"] = numpy.nan
    with_gap.to_parquet(FOLDER / "gap.parquet", index=False)
    parts = dict(clip=numpy.array(CLIPS), x=values, names=numpy.array(COLUMNS))
    numpy.savez(FOLDER / "plain.npz", **parts)
    numpy.savez_compressed(FOLDER / "compressed.npz", **parts)
    numpy.savez_compressed(FOLDER / "columns.npz", clip=numpy.array(CLIPS), **{c: values[:, i] for i, c in enumerate(COLUMNS)})
    numpy.savez_compressed(FOLDER / "a-clip.npz", **{clip: values[i] for i, clip in enumerate(CLIPS)})
    half = values.copy()
    half[:, 2] = half[:, 2].astype("f2")
    return {
        "clips": CLIPS,
        "columns": COLUMNS,
        "values": values.astype("f8").tolist(),
        "half": half.astype("f8").tolist(),
        "end": spans["end"].total_seconds().tolist(),
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    expected = {"arrays": arrays(), "tables": tables()}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
