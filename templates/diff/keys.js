"use strict";
(() => {
  const edge = 8; // pixels: what stands there already is not the next one
  const step = { n: 1, p: -1 };
  const layouts = [...document.querySelectorAll("input[name=layout]")];
  document.querySelector(".keys").hidden = false;

  function jump(by) {
    const places = [...document.querySelectorAll(".line.changed")].filter((place) => place.offsetParent);
    const tops = places.map((place) => place.getBoundingClientRect().top - edge);
    const here = places.indexOf(document.activeElement);
    const at = here >= 0 ? here + by : by > 0 ? tops.findIndex((top) => top > edge) : tops.findLastIndex((top) => top < -edge);
    if (!places[at]) return;
    places[at].focus({ preventScroll: true });
    places[at].scrollIntoView({ block: "center" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in step) jump(step[event.key]);
    else if (event.key === "s") layouts.find((layout) => !layout.checked).checked = true;
  });
})();
