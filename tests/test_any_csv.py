"""`compare` and `table` on anybody's CSV, as the commands say them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from conftest import run
from pytest import approx
from test_categories import ADMISSIONS, HAIR_EYE
from test_ordinal import F1, F6, F7

from analysis.__main__ import door

KEYS = [
    "n_first",
    "n_second",
    "missing_first",
    "missing_second",
    "ps",
    "ps_ci",
    "cliffs_delta",
    "bm_statistic",
    "bm_df",
    "bm_p",
    "permutation_p",
    "mwu_u",
    "mwu_z",
    "mwu_p",
    "mwu_p_exact",
    "hodges_lehmann",
    "stratified_ps",
    "stratified_ps_ci",
    "van_elteren_z",
    "van_elteren_p",
    "po_log_odds",
    "po_se",
    "po_robust_se",
    "po_p",
    "po_adjusted",
    "po_thresholds",
    "po_loglik",
    "tost_p",
    "tost_ci",
    "notes",
]


def written(tmp_path, header, rows):
    path = tmp_path / "some.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def counted(tmp_path, first, second, words=None):
    """A CSV with one row a step and a column of counts."""
    rows = [
        (group, (words or range(5))[step], n)
        for group, counts in zip("ab", (first, second), strict=True)
        for step, n in enumerate(counts)
    ]
    return written(tmp_path, ("g", "v", "n"), rows)


def told(command, *more):
    made = CliRunner().invoke(door, [command, *more, "--json"])
    assert made.exit_code == 0, made.stderr
    return json.loads(made.stdout)


def refused(command, *more):
    made = CliRunner().invoke(door, [command, *more])
    assert (made.exit_code, made.stdout) == (2, "")
    assert isinstance(made.exception, SystemExit), "a sentence, no accident"
    return made.stderr


AB = ("--outcome", "v", "--group", "g", "--first", "a", "--second", "b")


def test_every_key_is_a_number_a_list_or_null(tmp_path):
    """The promised keys and no others, on fixture F1 (STUDY 3e; R's clm, wilcox.test and coin as in their own tests)."""
    found = told("compare", counted(tmp_path, *F1), *AB, "--counts", "n")
    assert list(found) == KEYS
    assert all(value is None or isinstance(value, int | float | list) for value in found.values())
    assert (found["n_first"], found["n_second"]) == (60, 30)
    assert found["ps"] == approx(0.750556, abs=5e-7)
    assert found["ps_ci"] == approx([0.6360, 0.8382], abs=5e-5)
    assert found["cliffs_delta"] == approx(0.501111, abs=5e-7)
    assert (found["bm_statistic"], found["bm_df"], found["bm_p"]) == approx((4.826990, 69.0495, 8.0114e-6), rel=1e-5)
    assert (found["mwu_u"], found["mwu_z"], found["mwu_p"]) == approx((1351, 3.944433, 7.99889e-5), rel=1e-6)
    assert found["mwu_p_exact"] == approx(5.18944039665e-05)
    assert (found["po_log_odds"], found["po_se"], found["po_loglik"]) == approx(
        (1.6891377946, 0.4294993769, -135.548131169)
    )
    assert found["po_thresholds"] == approx([-0.3222027560, 0.8088139793, 1.8664838260, 3.1011689115])
    assert found["hodges_lehmann"] == 1
    for key in ("stratified_ps", "stratified_ps_ci", "van_elteren_z", "po_adjusted", "tost_p", "tost_ci"):
        assert found[key] is None, "not asked for"


def test_swapping_first_and_second_turns_every_sign(tmp_path):
    """One direction for everything."""
    path = counted(tmp_path, *F1)
    one = told("compare", path, *AB, "--counts", "n")
    other = told("compare", path, "--outcome", "v", "--group", "g", "--first", "b", "--second", "a", "--counts", "n")
    for key in ("cliffs_delta", "bm_statistic", "mwu_z", "po_log_odds", "hodges_lehmann"):
        assert one[key] == approx(-other[key])
        assert one[key] > 0
    assert one["ps"] == approx(1 - other["ps"])
    assert one["ps_ci"] == approx([1 - end for end in reversed(other["ps_ci"])])
    for key in ("bm_p", "mwu_p", "mwu_p_exact", "po_p", "po_se", "bm_df", "permutation_p"):
        assert one[key] == approx(other[key], rel=1e-6) or key == "permutation_p"


def test_words_in_order_are_levels_too(tmp_path):
    """--levels takes words; the figures are those of the codes."""
    words = ("never", "seldom", "at times", "often", "always")
    found = told("compare", counted(tmp_path, *F1, words), *AB, "--counts", "n", "--levels", ",".join(words))
    assert found["ps"] == approx(0.750556, abs=5e-7)
    assert found["hodges_lehmann"] == 1


def test_equivalence_needs_a_margin(tmp_path):
    """F6: 90 % interval .4442 to .5480, p as statsmodels' tost_prob_superior."""
    found = told("compare", counted(tmp_path, *F6), *AB, "--counts", "n", "--margin", "0.40,0.60")
    assert found["tost_ci"] == approx([0.4442, 0.5480], abs=5e-5)
    assert found["tost_p"] == approx(0.00131894, abs=5e-9)
    assert "lies around .5" in refused("compare", counted(tmp_path, *F6), *AB, "--margin", "0.6,0.7")


def test_separation_is_told_in_words(tmp_path):
    """F7: no nan and no infinity anywhere, reasons in the notes."""
    found = told("compare", counted(tmp_path, *F7), *AB, "--counts", "n")
    assert (found["ps"], found["bm_p"], found["po_log_odds"]) == (1, None, None)
    assert found["ps_ci"][1] == 1
    assert 0 < found["permutation_p"] < 0.001
    assert any("Newcombe" in note for note in found["notes"])
    assert any("profile likelihood" in note for note in found["notes"])


def test_a_single_person_and_all_alike_are_told_in_words(tmp_path):
    """Nothing is made up where there is nothing."""
    one = told("compare", counted(tmp_path, (0, 1, 0, 0, 0), (3, 2, 1, 0, 0)), *AB, "--counts", "n")
    assert (one["ps_ci"], one["bm_p"], one["permutation_p"]) == (None, None, None)
    alike = told("compare", counted(tmp_path, (0, 9, 0, 0, 0), (0, 5, 0, 0, 0)), *AB, "--counts", "n")
    assert (alike["ps"], alike["ps_ci"], alike["mwu_p"], alike["permutation_p"], alike["po_p"]) == (
        0.5,
        None,
        None,
        None,
        None,
    )
    assert any("alike" in note for note in alike["notes"])


def test_strata_covariates_and_clusters(tmp_path):
    """F5 from people, one row each, in two strata; a word is categories, a number a number."""
    tables = {"s": F1, "t": ((5, 6, 7, 6, 6), (6, 8, 6, 5, 5))}
    rows = [
        (stratum, group, step, number % 18, number % 3, "xy"[number % 2])
        for stratum, pair in tables.items()
        for group, counts in zip("ab", pair, strict=True)
        for number, step in enumerate(step for step, n in enumerate(counts) for _ in range(n))
    ]
    path = written(
        tmp_path, ("s", "g", "v", "c", "z", "w"), [*rows, ("", "a", 1, 1, 1, "x"), ("s", "a", "", 1, 1, "x")]
    )
    found = told("compare", path, *AB, "--strata", "s", "--adjust", "z,w", "--cluster", "c")
    assert (found["stratified_ps"], found["van_elteren_z"], found["van_elteren_p"]) == approx(
        (0.664397, 3.418799, 0.000629), abs=5e-7
    )
    assert (found["n_first"], found["missing_first"]) == (91, 1)
    notes = " ".join(found["notes"])
    for words in (
        "1 people without strata",
        "z enters as a number",
        "w enters as 2 categories",
        "over 18 clusters",
        "t with 17 df",
    ):
        assert words in notes


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        ([("a", "high"), ("b", 1)], AB, "2: “high”"),
        ([("a", 97), ("b", 1)], (*AB, "--levels", "1,2"), "“97” (1 times)"),
        ([("a", 1), ("c", 1)], AB, "Nobody is in “b”"),
        ([("a", 1), ("b", "")], AB, "Nobody in “b” answered v"),
        ([("a", 1), ("b", 1)], ("--outcome", "hurt", *AB[2:]), "no column hurt"),
        ([("a", 1, 5), ("b", 1)], AB, "some.csv:2: 3 cells"),
        ([("a", 1), ("b", 1)], (*AB, "--counts", "g"), "--counts is a column of whole numbers"),
        ([], AB, "has no rows"),
    ],
)
def test_bad_input_is_told_with_its_line(tmp_path, rows, more, words):
    """Exit 2, nothing on stdout, no traceback."""
    assert words in refused("compare", written(tmp_path, ("g", "v"), rows), *more)


def test_codes_for_no_answer_are_named(tmp_path):
    """97 and 98 are missing once somebody says so, and counted."""
    found = told(
        "compare",
        written(tmp_path, ("g", "v"), [("a", 1), ("a", 2), ("a", 97), ("b", 1), ("b", 98), ("b", 2)]),
        *AB,
        "--levels",
        "1,2",
        "--missing",
        "97,98",
    )
    assert (found["missing_first"], found["missing_second"], found["n_first"]) == (1, 1, 2)


def test_a_table_is_rs_table(tmp_path):
    """HairEyeColor: chisq.test, assocstats, effectsize, as in the tests of each."""
    rows = [
        (hair, eye, n)
        for hair, counts in zip("pqrs", HAIR_EYE, strict=True)
        for eye, n in zip("abcd", counts, strict=True)
    ]
    found = told(
        "table", written(tmp_path, ("hair", "eye", "n"), rows), "--row", "hair", "--column", "eye", "--counts", "n"
    )
    assert (found["chi_square"], found["g"], found["cramers_v"]) == approx(
        (138.289841626, 146.443578465, 0.279044623343)
    )
    assert found["counts"] == [list(row) for row in HAIR_EYE]
    assert found["residuals"][0][0] == approx(6.13651969)
    assert (found["cmh"], found["common_odds_ratio"]) == (None, None)
    shown = run(
        "analysis", "table", str(tmp_path / "some.csv"), "--row", "hair", "--column", "eye", "--counts", "n"
    ).stdout
    assert "chi_square            138.29" in shown
    assert "Standardised residuals" in shown


def test_a_stratified_table_is_mantelhaens(tmp_path):
    """UCBAdmissions: mantelhaen.test(correct = FALSE)."""
    rows = [
        (department, admitted, sex, n)
        for department, layer in enumerate(ADMISSIONS)
        for admitted, counts in zip(("1 admitted", "2 rejected"), zip(*layer, strict=True), strict=True)
        for sex, n in zip(("1 male", "2 female"), counts, strict=True)
    ]
    path = written(tmp_path, ("d", "a", "s", "n"), rows)
    found = told("table", path, "--row", "a", "--column", "s", "--strata", "d", "--counts", "n")
    assert (found["cmh"], found["cmh_df"], found["cmh_p"]) == approx((1.52460666044, 1, 0.2169236971))
    assert [found["common_odds_ratio"], *found["common_odds_ratio_ci"]] == approx(
        [0.9046968283, 0.7719073618, 1.0603297644]
    )
    assert "No row" in refused("table", written(tmp_path, ("a", "s"), [("1", "")]), "--row", "a", "--column", "s")


def test_long_numbers_are_levels_of_their_own(tmp_path):
    """Means with many digits, and numbers that differ only in the seventh."""
    rows = [
        ("a", 2.3333333333333335),
        ("a", 1234567),
        ("b", 1.6666666666666667),
        ("b", 1234568),
        ("b", 2.3333333333333335),
    ]
    found = told("compare", written(tmp_path, ("g", "v"), rows), *AB)
    assert found["ps"] == approx(3.5 / 6), "pairs won 1.5 + 2 − …: (1, .5, 0) and (1, 1, 0)"


def test_a_steep_covariate_is_no_separation(tmp_path):
    """The scale of a covariate does not matter: the same log odds for x and for x / 1000."""
    import random

    chance = random.Random(4)
    rows = []
    for n in range(300):
        x, group = chance.random(), "ab"[n % 2]
        rows.append((group, sum(chance.random() < 0.2 + 0.6 * x for _ in range(4)), x, x / 1000))
    path = written(tmp_path, ("g", "v", "x", "y"), rows)
    one, other = (told("compare", path, *AB, "--adjust", name)["po_adjusted"] for name in "xy")
    assert one == approx(other, abs=1e-6)


def test_a_rare_category_does_not_stop_a_model(tmp_path):
    """Seven people of one covariate category who all answered alike: held at their end, as R's glm leaves them."""
    rows = (
        [("ab"[n % 2], (n * 7 // 3 + n % 2) % 4, "xy"[n // 2 % 2]) for n in range(200)]
        + [("a", 0, "z")] * 4
        + [("b", 0, "z")] * 3
    )
    found = told("compare", written(tmp_path, ("g", "v", "c"), rows), *AB, "--adjust", "c")
    assert found["po_adjusted"] is not None
    assert any("held at their end" in note for note in found["notes"])


def test_large_tables_are_quick_and_too_large_ones_refused(tmp_path):
    """A hundred thousand people in a 2 × 2 table; more than a hundred million are no survey."""
    path = written(tmp_path, ("r", "c", "n"), [("x", 1, 30000), ("x", 2, 20000), ("y", 1, 29000), ("y", 2, 21000)])
    assert told("table", path, "--row", "r", "--column", "c", "--counts", "n")["exact_p"] < 1e-6
    many = written(tmp_path, ("g", "v", "n"), [("a", 1, 10**20), ("b", 2, 5)])
    assert "is the most" in refused("compare", many, *AB, "--counts", "n")


def test_strata_are_pairs_not_joined_words(tmp_path):
    """(“p / q”, “r”) and (“p”, “q / r”) are two strata."""
    rows = [(g, v, s, t) for s, t in (("p / q", "r"), ("p", "q / r")) for g in "ab" for v in (1, 2, 2)]
    found = told("compare", written(tmp_path, ("g", "v", "s", "t"), rows), *AB, "--strata", "s,t")
    assert any(note.startswith("2 strata took part") for note in found["notes"])


def test_faults_are_told_with_the_line_of_the_file(tmp_path):
    """Blank lines count."""
    path = tmp_path / "b.csv"
    path.write_text("g,v\n\na,1\n\nb,high\n")
    assert "b.csv:5: “high”" in refused("compare", str(path), *AB)
    path.write_text("g,v,v\na,1,2\n")
    assert "names v twice" in refused("compare", str(path), *AB)


def test_a_file_can_be_piped_in(tmp_path):
    """“-” is standard input."""
    import subprocess
    import sys

    made = subprocess.run(
        [sys.executable, "-m", "analysis", "compare", "-", *AB, "--json"],
        input="g,v\na,1\na,2\nb,1\nb,1\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(made.stdout)["ps"] == 0.75


def test_a_name_in_a_file_cannot_steer_a_terminal(tmp_path):
    """Control characters are shown as question marks."""
    path = written(tmp_path, ("r", "c"), [("\x1b[31mred", 1), ("blue", 2)])
    shown = run("analysis", "table", path, "--row", "r", "--column", "c").stdout
    assert "\x1b" not in shown
    assert "?[31mred" in shown
    assert "\x1b" not in refused("compare", written(tmp_path, ("g", "v"), [("a", "\x1b]0;x\x07"), ("b", 1)]), *AB)
