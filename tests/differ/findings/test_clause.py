"""The clause model, and how its weights are made."""

import json
from pathlib import Path

from benchmarks.headings import heard_of, kinds_under, placed
from benchmarks.labelled import piece_of, read_clauses
from benchmarks.train_clauses import NO_NAMES, lessons_of, main, vocabulary_of, words_of
from clausewatch.model import Kind
from differ.findings.clause import clause_model_of, features_of, plain
from differ.findings.kinds import fired_rules
from differ.findings.names import companies
from differ.findings.rules import Lexicon, lexicon_of
from differ.findings.sentences import keys_of


def english() -> Lexicon:
    lexicon = lexicon_of("en")
    assert lexicon is not None
    return lexicon


def test_the_model_names_the_kind_of_a_plain_clause() -> None:
    lexicon, model = english(), clause_model_of("en")
    assert model is not None
    piece = piece_of("We keep your personal data as long as your account is open.", heading="Retention", lead="")
    fired = [rule.id for rule, _ in fired_rules(piece, lexicon=lexicon, title="Privacy Policy")]
    shares = model.shares(features_of(piece, fired=fired, lexicon=lexicon, title="Privacy Policy"))
    assert max(shares, key=lambda kind: shares[kind]) is Kind.RETENTION


def test_no_company_is_a_feature() -> None:
    model = clause_model_of("en")
    assert model is not None
    names = {plain(key) for name in companies().values for key in keys_of(name)} - NO_NAMES
    words = {word for feature in model.weights for word in feature.partition(":")[2].split() if feature[0] in "wbhl"}
    assert words & names == set()


def test_a_language_without_weights_has_no_model() -> None:
    assert clause_model_of("fi") is None


def corpus(folder: Path) -> Path:
    # some of them are set aside
    vendors = ["Fairweather Kettles", "Quillfeather Post", "Fennel Hosting", "Ansel Ads", "Borage Bank"]
    vendors += ["Comfrey Calls", "Sorrel Maps", "Tansy Travel", "Yarrow Tools"]
    texts = {"retention": "We keep orders for a year.", "rights": "You may object.", "none": "Kettles are hot."}
    rows = [
        {"vendor": vendor, "document": "Privacy Policy", "heading": "", "lead": "", "text": text, "kinds": [kind]}
        for vendor in vendors
        for kind, text in texts.items()
    ]
    (folder / "clauses.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_training_gives_the_same_weights_each_time(tmp_path: Path) -> None:
    source, one, two = corpus(tmp_path), tmp_path / "one.json", tmp_path / "two.json"
    main([str(source), str(one)])
    main([str(source), str(two)])
    assert one.read_bytes() == two.read_bytes()
    table = json.loads(one.read_text(encoding="utf-8"))
    retention = table["kinds"].index("retention")
    assert table["weights"]["w:keep"][retention] > 0 > table["weights"]["w:object"][retention]


def test_words_of_a_vendors_name_are_no_features(tmp_path: Path) -> None:
    lessons = lessons_of(read_clauses(corpus(tmp_path) / "clauses.jsonl"), [], english())
    vocabulary = vocabulary_of(lessons.examples, words_of(lessons.sentences).barred)
    assert "w:hot" in vocabulary
    assert "b:are hot" in vocabulary
    assert [feature for feature in vocabulary if "kettl" in feature] == []


def test_a_heading_announces_what_its_section_is_about() -> None:
    assert kinds_under(("Kettles", "How long we keep your orders")) == (Kind.RETENTION,)
    assert kinds_under(("Your rights", "Kettles")) == (Kind.RIGHTS,)
    assert kinds_under(("Kettles", "Lids")) == ()


def test_a_word_says_what_it_stands_under_more_often_than_elsewhere() -> None:
    lexicon = english()
    said = [("boiled away after a year", (Kind.RETENTION,)), ("pour it for a couple", (Kind.RECIPIENT,))]
    sentences = [placed("Marlowe", keys_of(text), kinds, lexicon=lexicon) for text, kinds in said * 4]
    heard = heard_of(sentences, ["w:boil", "w:pour"])
    column = list(Kind).index(Kind.RETENTION)
    boil, pour = (heard.sum_of([feature])[column] for feature in ("w:boil", "w:pour"))
    assert boil > 0 > pour
