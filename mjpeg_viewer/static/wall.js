// The wall: all cameras at a glance, over one connection for events.  A card that is not streamed shows snapshots.

import { Link } from "./link.js";
import { Picture } from "./picture.js";
import { whileWatched } from "./presence.js";
import { Snapshots } from "./snapshots.js";
import { judge, setText, showPill, showVeil } from "./state.js";
import { texts } from "./texts.js";

class Card {
  constructor(element) {
    this.element = element;
    this.streamed = "live" in element.dataset;
    this.picture = new (this.streamed ? Picture : Snapshots)(element.querySelector(".stage img"));
    this.onScreen = true;
    this.forget();
  }

  forget() {
    this.status = this.frame = this.frameAt = null;
  }

  show() {
    const find = (selector) => this.element.querySelector(selector);
    const verdict = judge(link, this);
    showPill(find(".pill"), verdict.state);
    setText(find(".reason"), verdict.reason);
    showVeil(find(".stage"), verdict);
    let rate = "";
    if (!verdict.stale && this.frame) {
      rate = texts.hertz(this.frame.stats.rate);
      if (!this.streamed) rate = texts.everyFewSeconds(rate, Snapshots.period);
    }
    setText(find(".rate"), rate);
  }
}

const cards = new Map();
const byViewer = new Map();
for (const element of document.querySelectorAll(".card")) {
  const card = new Card(element);
  cards.set(element.dataset.camera, card);
  byViewer.set(element.dataset.viewer, card);
}
// Every card's viewer, streamed or not: its event each second also says that the connection lives.
const viewers = [...byViewer.keys()].map((viewer) => `&viewer=${encodeURIComponent(viewer)}`).join("");

const link = new Link(`/events?rate=2${viewers}`, null, {
  status(data) {
    const card = cards.get(data.camera);
    if (card) card.status = data;
    showAll();
  },
  frame(data) {
    const card = cards.get(data.camera);
    if (!card) return;
    card.frame = data;
    card.frameAt = Date.now();
    card.picture.frame();
  },
  viewer: (data) => byViewer.get(data.viewer)?.picture.heard(data),
  changed() {
    for (const { picture } of cards.values()) {
      if (link.state === "logged-out") picture.release();
      else if (link.state !== "closed") picture.start();
    }
    showAll();
  },
  revived() {
    for (const { picture } of cards.values()) picture.restart();
    showAll();
  },
});

function showAll() {
  const notice = document.getElementById("wall-notice");
  const out = link.state === "logged-out";
  notice.hidden = link.believed || link.opening || link.state === "closed";
  setText(notice.querySelector("span"), out ? texts.loggedOut : texts.tryingAgain);
  notice.querySelector("a").hidden = !out;
  for (const card of cards.values()) card.show();
}

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) cards.get(entry.target.dataset.camera).onScreen = entry.isIntersecting;
});
for (const card of cards.values()) observer.observe(card.element);

if (cards.size) {
  setInterval(() => {
    link.tick();
    showAll();
    const watched = link.believed && !document.hidden;
    for (const { picture, onScreen, status } of cards.values()) {
      picture.tick?.(watched && onScreen && status?.status === "live");
    }
  }, 1000);
  link.open();
  whileWatched({
    come: () => link.open(),
    leave() {
      link.close();
      for (const card of cards.values()) {
        card.picture.release();
        card.forget();
      }
    },
  });
}
