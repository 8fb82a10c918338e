// Files of a letter: chosen, dropped or pasted, each uploaded by a request of its own, with progress and cancel.

export class Files {
  // `owner` has token(), signIn(), changed(answer), say(text).
  constructor(form, owner) {
    this.form = form;
    this.owner = owner;
    this.list = form.querySelector("#write-files");
    this.input = form.querySelector("input[type=file]");
    this.row = form.querySelector("#write-file-row");
    this.waiting = [];
    this.current = null;
    this.held = new Map(); // id of an uploaded file: the File, in case the server loses it
    this.idle = Promise.resolve();
    this.listen();
  }

  get busy() {
    return this.current !== null || this.waiting.length > 0;
  }

  get failed() {
    return this.list.querySelector(".is-failed") !== null;
  }

  listen() {
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = "";
    });
    this.form.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      this.form.classList.add("is-target");
    });
    for (const name of ["dragleave", "drop"]) {
      this.form.addEventListener(name, (event) => {
        if (name === "drop" || !this.form.contains(event.relatedTarget)) this.form.classList.remove("is-target");
      });
    }
    this.form.addEventListener("drop", (event) => this.take(event, event.dataTransfer.files));
    this.form.addEventListener("paste", (event) => this.take(event, event.clipboardData?.files || []));
  }

  take(event, files) {
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  choose() {
    this.input.click();
  }

  settled() {
    return this.idle;
  }

  // --- adding --------------------------------------------------------------------------------

  add(files) {
    for (const file of files) this.waiting.push({ file, row: this.draw(file) });
    if (this.current === null && this.waiting.length) this.idle = this.work();
  }

  async work() {
    let answer = null;
    while (this.waiting.length) {
      this.current = this.waiting.shift();
      const reason = this.tooBig(this.current.file);
      if (reason) this.fail(this.current, reason);
      else answer = (await this.upload(this.current)) || answer;
      this.current = null;
    }
    if (answer) this.owner.changed(answer);
  }

  // The limits were known before the upload began; an upload that can't be sent is not begun.
  tooBig(file) {
    const limits = this.form.dataset;
    if (file.size > Number(limits.upload)) return fill(limits.uploadtoobig, file.name, limits.upload);
    const message = Number(limits.overhead) + encoded(file.size) + this.encodedSoFar();
    return message > Number(limits.limit) ? fill(limits.toobig, file.name, limits.limit) : "";
  }

  encodedSoFar() {
    const rows = this.list.querySelectorAll("[data-id]");
    return [...rows].reduce((sum, row) => sum + encoded(Number(row.dataset.size)), 0);
  }

  async upload(job) {
    for (;;) {
      const { status, answer } = await this.put(job);
      if (status === 201) {
        this.held.set(answer.id, job.file);
        this.finish(job.row, answer);
        return answer;
      }
      if (status === -1) {
        job.row.remove();
        this.owner.say("");
        return null;
      }
      if (status !== 401) {
        this.fail(job, answer.error || this.form.dataset.offline);
        return null;
      }
      try {
        await this.owner.signIn();
      } catch {
        this.fail(job, this.form.dataset.signedout);
        return null;
      }
    }
  }

  // fetch tells no progress of an upload; XMLHttpRequest does.
  put({ file, row }) {
    const query = new URLSearchParams({ name: file.name, type: file.type });
    const compose = this.form.elements.namedItem("compose").value;
    const request = new XMLHttpRequest();
    const bar = row.querySelector("progress");
    return new Promise((resolve) => {
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("load", () => resolve({ status: request.status, answer: parsed(request) }));
      request.addEventListener("error", () => resolve({ status: 0, answer: {} }));
      request.addEventListener("abort", () => resolve({ status: -1, answer: {} }));
      row.stop = () => request.abort();
      request.open("PUT", `/write/${compose}/files?${query}`);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRF-Token", this.owner.token());
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.send(file);
      this.owner.say(fill(this.form.dataset.uploading, file.name));
    });
  }

  stop() {
    this.waiting.splice(0).forEach(({ row }) => row.remove());
    this.current?.row.stop?.();
  }

  // --- removing ------------------------------------------------------------------------------

  async remove(id) {
    const row = this.list.querySelector(`[data-id="${CSS.escape(id)}"]`);
    const compose = this.form.elements.namedItem("compose").value;
    const response = await fetch(`/write/${compose}/files/${encodeURIComponent(id)}`, {
      method: "DELETE",
      headers: { Accept: "application/json", "X-CSRF-Token": this.owner.token() },
    }).catch(() => null);
    if (!response) return this.owner.say(this.form.dataset.offline);
    row?.remove(); // with an expired session the file went on its own
    this.held.delete(id);
    this.form.querySelector("[value=attach]").focus();
    this.owner.changed(response.ok ? await response.json() : null);
  }

  // Of the files that the server lost and could not bring back: those that we still hold.
  again(lost) {
    return lost.map((id) => this.held.get(id)).filter(Boolean);
  }

  // --- rows ----------------------------------------------------------------------------------

  draw(file) {
    const row = this.row.content.firstElementChild.cloneNode(true);
    row.querySelector("b").textContent = file.name;
    row.querySelector("small").textContent = size(file.size);
    row.querySelector(".kind").textContent = kind(file.name);
    row.querySelector("progress").setAttribute("aria-label", file.name);
    const button = row.querySelector("button");
    button.setAttribute("aria-label", fill(this.form.dataset.cancel, file.name));
    button.addEventListener("click", () => this.cancel(row));
    this.list.append(row);
    this.list.hidden = false;
    return row;
  }

  cancel(row) {
    const index = this.waiting.findIndex((job) => job.row === row);
    if (index >= 0) this.waiting.splice(index, 1);
    if (this.current?.row === row) row.stop?.();
    else row.remove();
    this.form.querySelector("[value=attach]").focus();
  }

  finish(row, answer) {
    row.replaceWith(this.done(answer));
    this.owner.say(fill(this.form.dataset.attached, answer.name));
  }

  done(file) {
    const row = this.row.content.firstElementChild.cloneNode(true);
    row.dataset.id = file.id;
    row.dataset.size = file.size;
    row.classList.remove("is-coming");
    row.querySelector("progress").remove();
    row.querySelector("b").textContent = file.name;
    row.querySelector("small").textContent = size(file.size);
    row.querySelector(".kind").textContent = kind(file.name);
    const kept = document.createElement("input");
    kept.type = "hidden";
    kept.name = "kept";
    kept.value = `${file.id} ${file.size} ${file.name}`;
    const button = row.querySelector("button");
    button.type = "submit";
    button.name = "action";
    button.value = `remove.${file.id}`;
    button.formNoValidate = true;
    button.setAttribute("aria-label", fill(this.form.dataset.remove, file.name));
    row.append(kept);
    return row;
  }

  // What the server has of this letter; rows of uploads under way stay.
  show(files) {
    for (const row of this.list.querySelectorAll("[data-id]")) row.remove();
    this.list.prepend(...files.map((file) => this.done(file)));
    this.list.hidden = !this.list.children.length;
  }

  fail({ row }, text) {
    row.classList.add("is-failed");
    row.classList.remove("is-coming");
    row.querySelector("progress")?.remove();
    row.querySelector("small").textContent = text;
    row.querySelector("button").setAttribute("aria-label", fill(this.form.dataset.remove, row.querySelector("b").textContent));
    this.owner.say(text);
  }
}

// Base64 in lines of 76 and CR LF (RFC 2045, 6.8), and the least that the part’s header takes.
function encoded(octets) {
  return Math.ceil(octets / 57) * 2 + Math.ceil(octets / 3) * 4 + 150;
}

function parsed(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function kind(name) {
  const end = name.includes(".") ? name.split(".").pop() : "";
  return /^[\p{L}\p{N}]{1,4}$/u.test(end) ? end.toUpperCase() : "…";
}

function size(octets) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let step = 0;
  let n = Number(octets);
  while (n >= 1000 && step < 3) {
    n /= 1000;
    step += 1;
  }
  const digits = step > 1 && n < 9.95 ? 1 : 0;
  const options = { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang || undefined, options).format(n);
}

// "{name}" and "{limit}" of a text.
function fill(text, name, limit) {
  const values = { name, limit: limit === undefined ? "" : size(limit) };
  return text.replace(/\{(name|limit)\}/g, (_all, key) => values[key]);
}
