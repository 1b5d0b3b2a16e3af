#!/usr/bin/env python3
"""Cut the administrative-unit tables down to what crate `viet` embeds.

Usage: make.py SOURCE_DIR   (the directory with admin_units_2025.csv, admin_units_map_old_new.csv
and cccd_province_codes.csv). Writes beside this script; the output is checked in. See README.md.
"""
import csv
import pathlib
import sys

KINDS = {
    "Thành phố": "tp", "Tỉnh": "t", "Xã": "x", "Phường": "p", "Đặc khu": "dk",
    "Thị trấn": "tt", "Huyện": "h", "Quận": "q", "Thị xã": "tx",
}


def split_kind(full_name):
    """'Thị trấn Củ Chi' -> ('tt', 'Củ Chi')."""
    for words, short in KINDS.items():
        if full_name.lower().startswith(words.lower() + " "):
            return short, full_name[len(words) + 1:]
    raise SystemExit(f"unknown kind of unit: {full_name!r}")


def read(path):
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write(name, rows):
    text = "".join(",".join(row) + "\n" for row in rows)
    if any(cell and ("," in cell or '"' in cell) for row in rows for cell in row):
        raise SystemExit(f"{name}: a cell needs quoting, the reader does not expect that")
    pathlib.Path(__file__).with_name(name).write_text(text, encoding="utf-8")


def successors(rows):
    """'00008*+00070' = split, 00008 the default; '00097' = merged whole into one unit."""
    if len(rows) == 1 and rows[0]["extent"] == "full":
        return rows[0]["new_code"]
    rows = sorted(rows, key=lambda r: (r["is_default"] != "1", r["new_code"]))
    return "+".join(r["new_code"] + ("*" if r["is_default"] == "1" else "") for r in rows)


def main(source):
    units = read(source / "admin_units_2025.csv")
    pairs = read(source / "admin_units_map_old_new.csv")
    if {u["valid_from"] for u in units} != {"2025-07-01"}:
        raise SystemExit("a unit does not start on 01/07/2025: the file names carry the date, split the output")

    def parent(unit):
        return "" if unit["level"] == "tinh" else unit["province_code"]

    write("units_2025-07-01.csv", [(u["code"], parent(u), *split_kind(u["full_name"])) for u in units])
    write("units_2026-04-30.csv", [
        (u["code"], parent(u), *split_kind(u["full_name_2026_04_30"]))
        for u in units if u["full_name_2026_04_30"] != u["full_name"]
    ])

    provinces = {p["old_province_code"]: p["old_province_name"] for p in pairs}
    districts = {p["old_district_code"]: p for p in pairs}
    communes = {}
    for pair in pairs:
        communes.setdefault(pair["old_code"], []).append(pair)
    # Five island districts had no communes: their successor stands on the district.
    bare = {p["old_district_code"]: successors([p]) for p in communes.pop("")}

    write("old_provinces.csv", [(c, "", *split_kind(n)) for c, n in sorted(provinces.items())])
    write("old_districts.csv", [
        (c, p["old_province_code"], *split_kind(p["old_district_name"]), bare.get(c, ""))
        for c, p in sorted(districts.items())
    ])
    write("old_communes.csv", [
        (c, rows[0]["old_district_code"], *split_kind(rows[0]["old_name"]), successors(rows))
        for c, rows in sorted(communes.items())
    ])
    write("birth_provinces.csv", [(r["code"], r["name_before_2025"]) for r in read(source / "cccd_province_codes.csv")])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
