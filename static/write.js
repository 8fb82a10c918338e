// The page on which a letter is written: saves by itself, sends, keeps a copy in the tab, comes back after expiry.

import { Copy } from "./write-copy.js";
import { Expired, signInAgain } from "./write-again.js";
import { Files } from "./write-files.js";

const QUIET = 4000; // ms after the last change
const SAVE_EVERY = 20000; // ms between two saves by itself
const SAVE_EVERY_MB = 10000; // ms more for each MB of attachments: each save carries them all
const SAVE_AT_LEAST_EVERY = 180000;
const COPY_AFTER = 400; // ms after a change

class Writer {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.state = form.querySelector("#write-state");
    this.problem = form.querySelector("#write-problem");
    this.changed = false; // since what the server has
    this.leaving = false;
    this.work = Promise.resolve(); // one request after the other, in the order of the clicks
    this.lastSaved = 0;
    this.bytes = Number(form.dataset.total) || 0;
    this.declined = false; // the person closed the sign-in; ask again only when they act
    this.copy = new Copy(form);
    this.files = new Files(form, {
      token: () => this.token,
      signIn: () => this.signIn(true),
      changed: (answer) => this.filesChanged(answer),
      say: (text) => this.say(text),
    });
    this.listen();
    this.offerCopy();
    this.stayHere();
  }

  get token() {
    return this.form.elements.namedItem("token").value;
  }

  listen() {
    this.form.classList.add("is-live");
    this.form.addEventListener("input", (event) => {
      if (event.target.type !== "file") this.touch();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.act(event.submitter?.value || "save");
    });
    this.form.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeunload", (event) => {
      if ((!this.changed && !this.files.busy) || this.leaving) return;
      this.copy.keep();
      event.preventDefault();
    });
  }

  key(event) {
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key === "Enter") {
      event.preventDefault();
      this.act("send");
    } else if (control && !event.shiftKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      this.act("save");
    } else if (event.key === "Enter" && event.target.matches("input:not([type=file])") && !event.isComposing) {
      event.preventDefault(); // Enter in a field is no order to send
    }
  }

  act(action) {
    this.declined = false;
    if (action === "attach") return this.files.choose();
    // Behind a save that names the file still, or the server would bring it back from the draft.
    if (action.startsWith("remove.")) return this.queue(() => this.files.remove(action.slice(7)));
    if (action === "send") return this.send();
    if (action === "discard") return this.discard();
    return this.save(true);
  }

  // --- changes -------------------------------------------------------------------------------

  touch() {
    this.changed = true;
    clearTimeout(this.copying);
    this.copying = setTimeout(() => this.copy.keep(), COPY_AFTER);
    this.plan();
  }

  plan() {
    const gap = Math.min(SAVE_EVERY + (this.bytes / 1e6) * SAVE_EVERY_MB, SAVE_AT_LEAST_EVERY);
    const wait = Math.max(QUIET, this.lastSaved + gap - Date.now());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(false), wait);
  }

  filesChanged(answer) {
    if (answer && Number.isFinite(answer.total)) this.bytes = answer.total;
    this.changed = true;
    this.copy.keep();
    if (!this.files.busy) this.save(false);
  }

  // --- save, send, discard -------------------------------------------------------------------

  save(asked) {
    clearTimeout(this.timer);
    return this.queue(async () => {
      if ((!this.changed && !asked) || this.leaving) return;
      this.lastSaved = Date.now();
      this.changed = false; // what is typed from here on belongs to the next save
      if (asked) this.say(this.words.saving);
      try {
        const answer = await this.post("save", asked);
        this.took(answer);
        this.say(answer.told);
      } catch (error) {
        this.changed = true;
        this.failed(error, asked);
        if (!(error instanceof Expired)) this.plan();
      }
    });
  }

  send() {
    clearTimeout(this.timer);
    return this.queue(async () => {
      if (this.leaving) return;
      this.lock(true);
      this.say(this.words.sending);
      try {
        await this.files.settled();
        if (this.files.failed) throw { error: this.words.unfinished };
        this.copy.keep();
        this.leave(await this.post("send", true));
      } catch (error) {
        this.lock(false);
        this.failed(error, true);
      }
    });
  }

  discard() {
    clearTimeout(this.timer);
    this.files.stop();
    return this.queue(async () => {
      if (this.leaving) return;
      this.lock(true);
      try {
        this.leave(await this.post("discard", true));
      } catch (error) {
        this.lock(false);
        this.failed(error, true);
      }
    });
  }

  queue(step) {
    this.work = this.work.then(step, step);
    return this.work;
  }

  async post(action, asked) {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && name !== "action") body.append(name, value);
    }
    body.set("action", action);
    const response = await fetch("/write", {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRF-Token": this.token },
      body,
    });
    const answer = await response.json();
    if (response.ok) return answer;
    if (response.status === 401 && answer.kind === "expired") {
      await this.signIn(asked);
      return this.post(action, asked);
    }
    throw answer;
  }

  async signIn(asked) {
    if (this.declined && !asked) throw new Expired();
    try {
      await signInAgain();
    } catch (error) {
      this.declined = true;
      throw error;
    }
  }

  // --- what the server answered --------------------------------------------------------------

  took(answer) {
    this.clear();
    for (const name of ["saved", "replaces"]) {
      if (name in answer) this.form.elements.namedItem(name).value = answer[name];
    }
    if (answer.files) this.files.show(answer.files);
    if (Number.isFinite(answer.total)) this.bytes = answer.total;
    if (answer.here) history.replaceState(history.state, "", ours(answer.here));
    if (!this.changed) this.copy.drop();
  }

  leave(answer) {
    this.leaving = true;
    this.changed = false;
    this.copy.drop();
    location.assign(ours(answer.go));
  }

  failed(error, asked) {
    if (error instanceof Expired) return this.say(this.words.signedout);
    if (error instanceof TypeError || error instanceof SyntaxError) return this.say(this.words.offline);
    const coming = this.files.again(error.lost || []);
    if (error.files) this.files.show(error.files);
    if (coming.length) {
      this.files.add(coming);
      return this.say(this.words.again);
    }
    if (!asked) return this.say(error.error || this.words.offline);
    this.say("");
    this.clear();
    this.complain("", error.error || this.words.offline);
    for (const [field, text] of Object.entries(error.fields || {})) this.complain(field, text);
    (this.form.querySelector("[aria-invalid]") || this.problem).focus();
  }

  complain(field, text) {
    const place = field ? this.form.querySelector(`#${field}-why`) : this.problem.querySelector("p");
    place.textContent = text;
    (field ? place : this.problem).hidden = false;
    if (!field) return;
    const input = this.form.elements.namedItem(field);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", place.id);
  }

  clear() {
    this.problem.hidden = true;
    for (const input of this.form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    for (const why of this.form.querySelectorAll(".why")) why.hidden = true;
  }

  say(text) {
    this.state.textContent = text || "";
  }

  lock(on) {
    for (const button of this.form.querySelectorAll("footer button")) button.disabled = on;
  }

  // --- the copy in this tab ------------------------------------------------------------------

  offerCopy() {
    if (!this.copy.differs()) return this.copy.drop();
    const offer = this.form.querySelector("#write-copy");
    const note = offer.content.firstElementChild.cloneNode(true);
    offer.before(note);
    note.addEventListener("click", (event) => {
      const choice = event.target.closest("button")?.dataset.copy;
      if (!choice) return;
      if (choice === "restore") {
        this.copy.restore();
        this.touch();
      } else {
        this.copy.drop();
      }
      note.remove();
      this.form.elements.namedItem("text").focus();
    });
  }

  // A reload finds the same letter, its files and its copy.
  stayHere() {
    const here = new URL(location.href);
    if (here.pathname !== "/write" || here.searchParams.has("compose")) return;
    here.searchParams.set("compose", this.form.elements.namedItem("compose").value);
    history.replaceState(history.state, "", here);
  }
}

function ours(address) {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin) throw new TypeError("not ours");
  return url.href;
}

for (const form of document.querySelectorAll("form.writer")) new Writer(form);
