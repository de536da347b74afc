// Takes the live part of the page anew every so often, while somebody looks at it and does not type in it.
"use strict";

const live = document.getElementById("live");
const seconds = Number(live?.dataset.refresh || 0);

async function refresh() {
  if (document.hidden || live.contains(document.activeElement) || live.querySelector("details[open]")) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (fresh) live.replaceChildren(...fresh.childNodes);
  } catch {
    // The program is being restarted, or the network is away: the next turn tries it again.
  }
}

if (seconds) setInterval(refresh, seconds * 1000);
