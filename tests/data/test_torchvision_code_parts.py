from __future__ import annotations

from resnet_studio.data.torchvision_code_parts import interpolation, number, numbers, wrapped


def test_a_number_reads_back_to_the_same_bits():
    for value in (0.08, 3 / 4, 4 / 3, 1 / 3, 1.0, 0.1 + 0.2, 1e-9):
        assert eval(number(value)) == value
    assert number(4 / 3) == "4 / 3"
    assert numbers((0.08, 4 / 3)) == "(0.08, 4 / 3)"


def test_a_short_line_stays_one():
    assert wrapped("f(a, b)", indent=4) == ["    f(a, b)"]
    assert wrapped("x" * 200, indent=0) == ["x" * 200]  # nothing to break it at


def test_a_long_line_is_broken_at_the_commas_of_its_first_call():
    first, second = "a" * 60, "g((1, 2), [3, 4])"
    assert wrapped(f"y = f({first}, {second}, z={first}),", indent=2) == [
        "  y = f(",
        f"      {first},",
        f"      {second},",
        f"      z={first},",
        "  ),",
    ]


def test_what_is_too_long_within_is_broken_too():
    inner = f"g({'a' * 60}, {'b' * 60})"
    assert wrapped(f"f({inner}, 1)", indent=0) == [
        "f(",
        "    g(",
        f"        {'a' * 60},",
        f"        {'b' * 60},",
        "    ),",
        "    1,",
        ")",
    ]


def test_interpolations_have_torchvisions_names():
    assert interpolation("bilinear") == "v2.InterpolationMode.BILINEAR"
    assert interpolation("nearest", "F") == "F.InterpolationMode.NEAREST"
