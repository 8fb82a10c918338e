// A copy of the letter in this tab, for a reload or a crash; it goes with the tab, and is nobody else's.

const FIELDS = ["to", "cc", "bcc", "subject", "text"];

export class Copy {
  constructor(form) {
    this.form = form;
    this.key = `letter.${form.elements.namedItem("person").value}.${form.elements.namedItem("compose").value}`;
  }

  keep() {
    const fields = Object.fromEntries(FIELDS.map((name) => [name, this.form.elements.namedItem(name).value]));
    try {
      sessionStorage.setItem(this.key, JSON.stringify(fields));
    } catch {
      // Full or forbidden: the draft on the server is what counts.
    }
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) || "null");
    } catch {
      return null;
    }
  }

  differs() {
    const kept = this.read();
    return kept !== null && FIELDS.some((name) => (kept[name] || "") !== this.form.elements.namedItem(name).value);
  }

  restore() {
    const kept = this.read() || {};
    for (const name of FIELDS) {
      if (typeof kept[name] === "string") this.form.elements.namedItem(name).value = kept[name];
    }
    if (kept.cc || kept.bcc) this.form.querySelector("details.more")?.setAttribute("open", "");
  }

  drop() {
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // Forbidden: there is no copy either.
    }
  }
}
