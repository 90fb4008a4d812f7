// Runs in a world of its own within a page, where the page's scripts cannot reach it: looks at the text, opens what is
// folded, and writes the document out as it is shown. Gives plain values; crawler/browser/visit.py calls it.
globalThis.clausewatch = (() => {
  const MAX_NODES = 400_000; // no policy comes near, and a walk over so many is still bearable
  const MAX_CLICKS = 80;
  const MAX_UNFOLD_MS = 8_000; // then what is open is open
  const PAUSE_MS = 60; // between two clicks: scripts put panels up after them
  const SILENT = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'OBJECT', 'EMBED', 'CANVAS', 'VIDEO', 'AUDIO', 'SVG', 'svg']);
  const VOID = new Set(['AREA', 'BASE', 'BR', 'COL', 'HR', 'IMG', 'INPUT', 'LINK', 'META', 'SOURCE', 'TRACK', 'WBR']);
  const MORE = new RegExp('^\\W*(?:' + [
    '(?:read|show|see|view|learn|load) (?:more|all|full|the full|details)', 'expand(?: all)?', 'more', 'continue reading',
    'mehr (?:an)?(?:lesen|zeigen|erfahren|anzeigen)', 'weiterlesen', 'alle[ns]? (?:anzeigen|aufklappen)', '(?:en )?(?:voir|lire|savoir|afficher) (?:plus|tout|la suite)',
    '(?:leer|ver|mostrar) (?:más|todo)', '(?:leggi|mostra|vedi) (?:di più|tutto|altro)', '(?:ler|ver|mostrar) (?:mais|tudo)', '(?:lees|meer|toon) (?:meer|lezen|tonen|weergeven|alles)',
    'läs mer', 'visa mer', 'læs mere', 'vis mere', 'les mer', 'lue lisää', 'czytaj więcej', 'pokaż więcej', 'zobrazit více', 'číst dál',
    'читать далее', 'показать (?:ещё|больше|все)', 'もっと(?:見る|読む)', '続きを読む', '더 ?보기', '자세히', '展开', '更多', '查看更多',
  ].join('|') + ')\\W*$', 'i');
  const NOT_TEXT = 'nav, header, [role=navigation], [role=menubar], [role=menu], [role=search], [role=dialog], [aria-modal=true], [id*=consent i], [class*=consent i], [id*=onetrust i], [class*=cookie-b i]';
  const kept = []; // what panels showed while they were open: many an accordion closes one when another opens

  // What is shown in place of a node's own children: a shadow root's, what fills a slot, a frame of the same origin
  const childrenOf = (node) => {
    if (node.shadowRoot) return node.shadowRoot.childNodes;
    if (node.localName === 'slot' && node.getRootNode() instanceof ShadowRoot) {
      const given = node.assignedNodes({flatten: true});
      return given.length ? given : node.childNodes;
    }
    if (node.localName === 'iframe' || node.localName === 'frame') {
      const inner = frameOf(node);
      return inner ? inner.childNodes : [];
    }
    return node.childNodes;
  };

  const frameOf = (frame) => {
    try {
      return frame.contentDocument && frame.contentDocument.body;
    } catch {
      return null; // another origin's
    }
  };

  const isElement = (node) => node.nodeType === 1;
  const isSilent = (node) => isElement(node) && SILENT.has(node.tagName);

  // Calls back for each text in the order in which it is shown
  const eachText = (root, call) => {
    const stack = [root];
    let nodes = 0;
    while (stack.length) {
      const node = stack.pop();
      if (++nodes > MAX_NODES) return false;
      if (node.nodeType === 3) call(node.data);
      else if (isElement(node) && !isSilent(node)) {
        const children = childrenOf(node);
        for (let at = children.length - 1; at >= 0; at--) stack.push(children[at]);
      }
    }
    return true;
  };

  const textOf = (root) => {
    const pieces = [];
    eachText(root, (text) => pieces.push(text));
    return pieces.join(' ').replace(/\s+/g, ' ').trim();
  };

  // The text's length and a sum over it. Digits do not count: clocks tick
  const measure = () => {
    let sum = 2166136261, length = 0;
    const body = document.body || document.documentElement;
    const isWhole = !body || eachText(body, (text) => {
      for (let at = 0; at < text.length; at++) {
        let code = text.charCodeAt(at);
        if (code <= 32) continue;
        if (code >= 48 && code <= 57) code = 48;
        sum = Math.imul(sum ^ code, 16777619);
        length++;
      }
    });
    return {sum: sum >>> 0, length, isWhole, isLoading: document.readyState === 'loading'};
  };

  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  const all = (selector) => {
    const found = [], roots = [document];
    while (roots.length) {
      const root = roots.pop();
      found.push(...root.querySelectorAll(selector));
      for (const node of root.querySelectorAll('*')) {
        if (node.shadowRoot) roots.push(node.shadowRoot);
        else if (node.localName === 'iframe' && frameOf(node)) roots.push(node.contentDocument);
      }
    }
    return found;
  };

  // Whether a click may lead away, send something, or open a menu
  const leadsAway = (control) => {
    const link = control.closest('a');
    if (link && link.hasAttribute('href')) {
      const href = link.getAttribute('href').trim();
      if (!href.startsWith('#') && !/^javascript:/i.test(href)) return true;
    }
    if (control.closest('form') && control.localName === 'button' && control.type === 'submit') return true;
    if (control.localName === 'input' && control.type !== 'button') return true;
    const popup = control.getAttribute('aria-haspopup');
    return (popup && popup !== 'false') || control.closest(NOT_TEXT) !== null || control.disabled;
  };

  // The control with what surrounds it alone: the heading of its panel, as a rule
  const headOf = (control) => {
    const text = control.textContent.trim();
    let head = control;
    while (head.parentElement && head.parentElement.textContent.trim() === text) head = head.parentElement;
    return head;
  };

  const panelOf = (control, head) => {
    const id = (control.getAttribute('aria-controls') || '').split(/\s+/)[0];
    const named = id && control.getRootNode().querySelector('#' + CSS.escape(id));
    return named || head.nextElementSibling;
  };

  const isFolded = (control) => control.getAttribute('aria-expanded') === 'false';

  const open = async (control) => {
    const before = textOf(document.body).length, head = headOf(control);
    control.click();
    await wait(PAUSE_MS);
    const panel = panelOf(control, head);
    if (panel && control.getAttribute('aria-expanded') === 'true') kept.push({control, head, panel, shown: panel.cloneNode(true)});
    // a click that took text away is taken back where that can be
    if (textOf(document.body).length < before * 0.7 && control.getAttribute('aria-expanded') === 'true') {
      control.click();
      await wait(PAUSE_MS);
    }
  };

  // Opens details, accordions and "read more"; gives how many
  const unfold = async () => {
    const began = performance.now();
    let opened = 0;
    for (const details of all('details:not([open])')) {
      details.open = true;
      opened++;
    }
    const controls = all('[aria-expanded=false], button, [role=button], a:not([href]), a[href^="#"], a[href^="javascript:"]');
    const most = opened + MAX_CLICKS;
    for (const control of controls) {
      if (opened >= most || performance.now() - began > MAX_UNFOLD_MS) break;
      if (!control.isConnected || leadsAway(control)) continue;
      if (isFolded(control) || (!control.hasAttribute('aria-expanded') && MORE.test(textOf(control)))) {
        await open(control);
        opened++;
      }
    }
    if (document.scrollingElement) document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
    return opened;
  };

  const escapeText = (text) => text.replace(/[&<>]/g, (mark) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;'})[mark]);
  const escapeValue = (text) => text.replace(/[&"]/g, (mark) => ({'&': '&amp;', '"': '&quot;'})[mark]);

  const isIcon = (node) => node.localName === 'link' && /\bicon\b/i.test(node.rel || '');
  const isCharset = (node) => node.localName === 'meta' && (node.hasAttribute('charset') || /^content-type$/i.test(node.httpEquiv || ''));

  const nameOf = (node) => {
    if (node.localName === 'iframe' || node.localName === 'frame' || node.localName === 'slot') return 'div';
    return /^[a-z][\w.:-]*$/i.test(node.localName) ? node.localName : 'span';
  };

  const startTag = (node) => {
    let tag = '<' + nameOf(node);
    for (const {name, value} of node.attributes) {
      if (/^on|^(?:nonce|srcdoc|integrity)$/i.test(name) || !/^[^\s"'<>\/=\u0000-\u001f]+$/.test(name)) continue;
      tag += ` ${name}="${escapeValue(value)}"`;
    }
    return tag + '>';
  };

  // Panels that closed again, to be written as they were while open: in their places, or after their headings
  const closedAgain = () => {
    const instead = new Map(), after = new Map();
    for (const {control, head, panel, shown} of kept) {
      if (!control.isConnected || !isFolded(control)) continue;
      if (panel.isConnected) instead.set(panel, shown);
      else after.set(head, shown);
    }
    return [instead, after];
  };

  // The document as HTML of at most so many characters: shadow roots and frames of its own origin in their places, what
  // was folded open, no scripts and styles. null where it is larger
  const write = (most) => {
    const [instead, after] = closedAgain();
    const pieces = ['<!DOCTYPE html>'], stack = [document.documentElement];
    let length = 0, nodes = 0;
    const put = (text) => { pieces.push(text); length += text.length; };
    while (stack.length) {
      const taken = stack.pop(), node = instead.get(taken) || taken;
      if (length > most || ++nodes > 2 * MAX_NODES) return null;
      if (typeof node === 'string') put(node);
      else if (node.nodeType === 3) put(escapeText(node.data));
      else if (isElement(node) && !isSilent(node) && !isCharset(node) && !isIcon(node)) {
        put(startTag(node));
        if (node.localName === 'head') put('<meta charset="utf-8">');
        if (VOID.has(node.tagName)) continue;
        if (after.has(node)) stack.push(after.get(node));
        stack.push(`</${nameOf(node)}>`);
        const children = childrenOf(node);
        for (let at = children.length - 1; at >= 0; at--) stack.push(children[at]);
      }
    }
    return pieces.join('');
  };

  return {measure, unfold, write};
})();
