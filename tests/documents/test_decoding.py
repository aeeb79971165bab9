from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.documents import ENCODINGS, canonical_encoding, document_from_bytes
from structurer.documents.decoding import decode
from structurer.errors import BinaryDocumentError, DocumentError, UndecodableDocumentError

SIMPLIFIED = (
    "项目支出绩效目标申报表（2031年度）项目名称：河道清淤及两岸绿化提升工程，主管部门及代码：301-东岭县水务局，"
    "实施单位：东岭县河道管理站。对城区段河道实施清淤疏浚，新建护岸三公里，栽植苗木一千二百株，改善沿线居民生活环境。"
    "为保障困难群众基本生活，按照每人每月四百元标准发放救助资金，确保及时足额到位；受益群众满意度达到百分之九十五以上。"
)
TRADITIONAL = (
    "項目支出績效目標申報表（二零三一年度）項目名稱：河道清淤及兩岸綠化提升工程，主管部門及代碼：水務局，"
    "實施單位：河道管理站。對市區段河道實施清淤疏濬，新建護岸三公里，栽植苗木一千二百株，改善沿線居民生活環境。"
    "為保障弱勢民眾基本生活，按照每人每月四千元標準發放補助經費，確保及時足額到位；受益民眾滿意度達到百分之九十五以上。"
)
LEGACY = [
    (SIMPLIFIED, "gbk", "gb18030"),
    (SIMPLIFIED, "gb18030", "gb18030"),
    (TRADITIONAL, "gb18030", "gb18030"),
    (TRADITIONAL, "big5", "big5"),
    (SIMPLIFIED, "utf-16-le", "utf-16-le"),
    (SIMPLIFIED, "utf-16-be", "utf-16-be"),
    (TRADITIONAL, "utf-16-le", "utf-16-le"),
    (SIMPLIFIED, "utf-8", "utf-8"),
]


@pytest.mark.parametrize(("text", "codec", "name"), LEGACY)
@pytest.mark.parametrize("length", [20, 60, len(TRADITIONAL)])
def test_finds_the_encoding_of_short_and_long_texts(text: str, codec: str, name: str, length: int) -> None:
    pieces = [text[start : start + length] for start in range(0, len(text) - length + 1, 3)]
    assert pieces
    assert {decode(piece.encode(codec), "a.txt") for piece in pieces} == {(piece, name) for piece in pieces}


def test_both_readings_of_ambiguous_bytes_are_told_apart() -> None:
    # Each decodes without an error in the other's encoding too.
    for text, codec, other, name in (
        ("河道清淤标准资金", "gb18030", "cp950", "gb18030"),
        ("項目名稱資金單位", "cp950", "gb18030", "big5"),
    ):
        data = text.encode(codec)
        data.decode(other)
        assert decode(data, "a.txt") == (text, name)


def test_punctuation_alone_and_mixed_with_digits() -> None:
    assert decode("。，、；：".encode("gb18030"), "a.txt").text == "。，、；："
    assert decode("1,200.00元\n3年".encode("gb18030"), "a.txt").text == "1,200.00元\n3年"


@pytest.mark.parametrize(
    ("codec", "name"), [("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-be", "utf-16")]
)
def test_a_mark_decides_and_is_dropped(codec: str, name: str) -> None:
    mark = "\ufeff" if codec == "utf-16-be" else ""
    assert decode(f"{mark}项目".encode(codec), "a.txt") == ("项目", name)


def test_utf16_with_characters_that_have_nul_bytes_on_the_other_side() -> None:
    text = "一次性项目\n一般公共预算 12\n" * 3  # 一 is U+4E00
    for codec in ("utf-16-le", "utf-16-be"):
        assert decode(text.encode(codec), "a.txt") == (text, codec)


def test_an_encoding_that_is_given_is_used() -> None:
    data = "項目".encode("big5")
    assert decode(data, "a.txt", "gbk") == (data.decode("gb18030"), "gb18030")


def test_a_given_encoding_that_does_not_fit_names_file_and_byte() -> None:
    with pytest.raises(UndecodableDocumentError, match=r"^a\.txt: not valid utf-8 at byte 3; .*--encoding"):
        decode(b"abc\xff", "a.txt", "utf-8")


@pytest.mark.parametrize(
    ("codec", "name", "text"), [("gb18030", "gb18030", SIMPLIFIED), ("big5", "big5", TRADITIONAL)]
)
def test_damage_in_a_legacy_file_is_an_error_until_accepted(codec: str, name: str, text: str) -> None:
    good = text.encode(codec)
    data = good + b"\xff\xff" + good
    with pytest.raises(UndecodableDocumentError, match=f"not valid {name} at byte {len(good)};"):
        decode(data, "a.txt")
    accepted = decode(data, "a.txt", errors="replace")
    assert accepted.encoding == name
    assert "\ufffd" in accepted.text
    assert accepted.text.startswith(text)


def test_a_damaged_utf8_file_is_not_taken_for_gb18030() -> None:
    data = SIMPLIFIED.encode() + b"\xe9" + SIMPLIFIED.encode()
    with pytest.raises(UndecodableDocumentError, match="not valid utf-8 at byte"):
        decode(data, "a.txt")


def test_text_of_no_encoding_is_refused_and_says_what_to_do() -> None:
    with pytest.raises(UndecodableDocumentError, match="say which with --encoding"):
        decode("Año fiscal: señalización".encode("latin-1"), "a.txt")


def test_random_bytes_are_no_text() -> None:
    rng = random.Random(7)
    refused = 0
    for _ in range(60):
        try:
            document_from_bytes(rng.randbytes(300), "a.txt")
        except DocumentError:
            refused += 1
    assert refused == 60


def test_nul_bytes_are_binary() -> None:
    with pytest.raises(BinaryDocumentError, match="NUL"):
        decode(b"\x00\x01\x02\x00abc\x00\x00", "a.txt")


@pytest.mark.parametrize(
    ("given_name", "canonical"),
    [
        ("GBK", "gb18030"),
        ("gb2312", "gb18030"),
        ("UTF8", "utf-8"),
        ("UTF-16LE", "utf-16-le"),
        ("cp950", "big5"),
    ],
)
def test_canonical_names(given_name: str, canonical: str) -> None:
    assert canonical_encoding(given_name) == canonical


def test_an_unknown_encoding_says_which_are_known() -> None:
    with pytest.raises(ValueError, match="unknown encoding 'klingon'; known are utf-8"):
        canonical_encoding("klingon")


@given(st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_what_is_decoded_with_a_given_encoding_is_what_was_encoded(text: str) -> None:
    for encoding in ENCODINGS:
        if encoding != "big5" and not text.startswith("\ufeff"):
            assert decode(text.encode(encoding), "a.txt", encoding).text == text
