"""Pages that scripts write, fold, and bend: what the browser is to show, and what it is to survive."""

from __future__ import annotations

SENTENCE = "We keep what you give us for a year and then erase it. "
PARAGRAPH = f"<p>{SENTENCE * 10}</p>"
HEAD = "<!doctype html><html lang=en><head><title>Privacy</title></head><body><h1>Privacy</h1>"

WRITTEN = """<!doctype html><html lang=en><head><title>Privacy</title><link rel=icon href=/icon.png></head><body>
<noscript>Please enable JavaScript.</noscript><div id=root></div><img src=/picture.png>
<script src=/app.js></script></body></html>"""

APP = f"""setTimeout(() => fetch('/text.json').then((answer) => answer.json()).then((text) => {{
  document.getElementById('root').innerHTML = '<h1>Privacy</h1>{PARAGRAPH}<p>' + text.last + '</p>';
}}), 400);
setInterval(() => {{ document.title = 'Privacy ' + Date.now(); }}, 50);"""

FOLDED = f"""{HEAD}{PARAGRAPH}
<nav><button aria-expanded=false onclick="document.getElementById('menu').textContent='the menu'">Menu</button></nav>
<p id=menu></p>
<details><summary>Cookies</summary><p>text of details</p></details>
<h3><button aria-expanded=false aria-controls=one onclick="turn(this)">One</button></h3><div id=one></div>
<h3><button aria-expanded=false aria-controls=two onclick="turn(this)">Two</button></h3><div id=two></div>
<p>Short. <span id=rest></span><button onclick="document.getElementById('rest').textContent='text of read more'">Read
more</button> <a href=/elsewhere>Read more</a> <button onclick="location='/elsewhere'">Show all</button></p>
<form action=/sent><button>Show more</button></form>
<div id=host><span>text in a slot</span></div>
<div id=shut></div>
<iframe srcdoc="<p>text in a frame</p>"></iframe>
<script>
const texts = {{one: 'text of the first panel', two: 'text of the second panel'}};
function turn(button) {{ // one panel at a time, and none in the page while it is closed
  for (const other of document.querySelectorAll('h3 button')) {{
    other.setAttribute('aria-expanded', String(other === button));
    const id = other.getAttribute('aria-controls');
    document.getElementById(id).innerHTML = other === button ? '<p>' + texts[id] + '</p>' : '';
  }}
}}
document.getElementById('host').attachShadow({{mode: 'open'}}).innerHTML = '<p>text in a shadow</p><slot></slot>';
document.getElementById('shut').attachShadow({{mode: 'closed'}}).innerHTML = '<p>text behind glass</p>';
Array.prototype.push = () => {{ throw new Error('no'); }};  // some libraries do as much
</script>"""

RUNNING = f"""{HEAD}{PARAGRAPH}<p id=much></p><script>
setInterval(() => much.append(' more'), 20);  // it never stands still: however slow the machine, it is not read before
setTimeout(() => {{ while (true) {{}} }}, 200);
</script>"""
HUNGRY = f"""{HEAD}{PARAGRAPH}<p id=much></p><script>const held = [];
setInterval(() => {{
  held.push(new Uint8Array(1e8).fill(1));
  much.append(' more'.repeat(held.length));  // it never stands still: however slow the machine, it is not read before
}}, 1)</script>"""
GROWING = f"{HEAD}<script>setInterval(() => document.body.insertAdjacentHTML('beforeend', '{PARAGRAPH}'), 60)</script>"
RELOADING = f"{HEAD}{PARAGRAPH}<script>location.reload()</script>"
LARGE = f"{HEAD}<script>document.write('{SENTENCE}'.repeat(20000))</script>"
DEEP = f"""{HEAD}{PARAGRAPH}<script>let at = document.body;
for (let i = 0; i < 60000; i++) {{ const inner = document.createElement('div'); at.append(inner); at = inner; }}
</script>"""
GOING_INSIDE = """{head}<meta http-equiv=refresh content='0; url={inside}/refresh'>{paragraph}<script>
setTimeout(() => {{ location = '{inside}/location'; }}, 100);
setTimeout(() => {{ location = 'file:///etc/passwd'; }}, 200);
setTimeout(() => {{ location = 'http://localhost/'; }}, 300);
</script>"""
TICKING = f"""{HEAD}{PARAGRAPH}<p id=clock></p><p id=slide></p><script>
let n = 0; const slides = ['fast', 'safe', 'fun'];
setInterval(() => {{ clock.textContent = Date.now(); slide.textContent = slides[n++ % 3]; }}, 150)</script>"""
LOUD = f"""{HEAD}{PARAGRAPH}<script>
alert('hello'); confirm('well'); prompt('so'); onbeforeunload = () => 'stay';
setInterval(() => {{
  window.open('/popup');
  const link = document.createElement('a'); link.target = '_blank'; link.href = '/popup'; link.click();
  const file = document.createElement('a'); file.download = 'x'; file.href = 'data:text/plain,x'; file.click();
  history.pushState({{}}, '', '/pushed' + Math.random());
}}, 20);
</script>"""


def attack(inside: str, *, udp_port: int, outside: str) -> str:
    """A page that asks for what lies inside in every way a page can; ``outside`` redirects there. What it got by
    scripts it writes into itself."""
    host = inside.partition("//")[2]
    return f"""{HEAD}{PARAGRAPH}<p id=got>reached:</p>
<link rel=stylesheet href={inside}/style><link rel=prefetch href={inside}/prefetch>
<link rel=preload as=fetch href={inside}/preload>
<link rel=preconnect href={inside}><link rel=dns-prefetch href={inside}><link rel=manifest href={inside}/manifest>
<img src={inside}/img><img src={outside}><script src={inside}/script></script><script src={outside}></script>
<iframe src={inside}/iframe></iframe><iframe src={outside}></iframe><object data={inside}/object></object>
<embed src={inside}/embed><video src={inside}/video></video>
<iframe src="data:text/html,<img src={inside}/data>"></iframe>
<iframe name=target></iframe><form id=form target=target method=post action={inside}/form></form>
<svg><image href={inside}/svg /></svg><iframe src=file:///etc/passwd></iframe><iframe src=chrome://version></iframe>
<script>
const note = (text) => {{ document.getElementById('got').textContent += ' ' + text; }};
const tries = ['{inside}/fetch', '{outside}', 'file:///etc/passwd', 'http://localhost:{host.partition(":")[2]}/',
  'http://[::ffff:127.0.0.1]:{host.partition(":")[2]}/', 'http://2130706433:{host.partition(":")[2]}/',
  'ftp://127.0.0.1/', 'http://169.254.169.254/'];
for (const url of tries) fetch(url, {{mode: 'no-cors'}}).then(() => note('fetch ' + url), () => 0);
const get = new XMLHttpRequest(); get.onload = () => note('xhr'); get.open('GET', '{inside}/xhr'); get.send();
for (const scheme of ['ws', 'wss']) new WebSocket(scheme + '://{host}/ws').onopen = () => note('socket');
new EventSource('{inside}/events').onopen = () => note('events');
navigator.sendBeacon('{inside}/beacon', 'x');
document.getElementById('form').submit();
const worker = (code) => new Worker(URL.createObjectURL(new Blob([code])));
worker("fetch('{inside}/worker', {{mode: 'no-cors'}}).then(() => postMessage(1))").onmessage = () => note('worker');
worker("importScripts('{inside}/import'); postMessage(1)").onmessage = () => note('import');
const shared = new Blob(["fetch('{inside}/shared', {{mode: 'no-cors'}})"]);
try {{ new SharedWorker(URL.createObjectURL(shared)); }} catch {{ }}
navigator.serviceWorker?.register('/worker.js').then((got) => got && note('service'), () => 0);
try {{ new WebTransport('https://{host}/transport').ready.then(() => note('transport'), () => 0); }} catch {{ }}
for (const view of [window, document.getElementsByName('target')[0].contentWindow]) try {{
  const call = new view.RTCPeerConnection({{iceServers: [
    {{urls: 'stun:127.0.0.1:{udp_port}'}}, {{urls: 'turn:127.0.0.1:{udp_port}', username: 'a', credential: 'b'}},
    {{urls: 'turn:{host}?transport=tcp', username: 'a', credential: 'b'}}]}});
  call.createDataChannel('x'); call.createOffer().then((offer) => call.setLocalDescription(offer));
  note('call');
}} catch {{ }}
window.open('{inside}/window');
</script>"""
