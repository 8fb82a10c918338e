// Signing in again on the spot when the session ended in mid-letter; the page and all that is in it stays.

export class Expired extends Error {}

let asking = null; // one dialog, however many requests wait for it

export function signInAgain() {
  asking ||= ask().finally(() => {
    asking = null;
  });
  return asking;
}

function ask() {
  const before = document.activeElement;
  const dialog = document.querySelector("#sign-in-again").content.firstElementChild.cloneNode(true);
  document.body.append(dialog);
  const form = dialog.querySelector("form");
  return new Promise((resolve, reject) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      reject(new Expired()); // nothing happens if it was resolved
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await enter(form)) {
        resolve();
        dialog.close();
      }
    });
    dialog.querySelector("[data-later]").addEventListener("click", () => dialog.close());
    dialog.showModal();
    form.elements.namedItem("password").focus();
  });
}

async function enter(form) {
  const button = form.querySelector("[type=submit]");
  const password = form.elements.namedItem("password");
  const why = form.querySelector(".why");
  const body = new URLSearchParams(new FormData(form));
  body.set("zone", Intl.DateTimeFormat().resolvedOptions().timeZone || "");
  button.disabled = true;
  try {
    const response = await fetch("/signin", { method: "POST", headers: { Accept: "application/json" }, body });
    const answer = await response.json();
    if (response.ok) {
      renew(answer.token);
      return true;
    }
    why.textContent = answer.error;
  } catch {
    why.textContent = form.dataset.offline;
  } finally {
    button.disabled = false;
  }
  why.hidden = false;
  password.setAttribute("aria-invalid", "true");
  password.value = "";
  password.focus();
  return false;
}

// Every form of the page was made for the old session.
function renew(token) {
  for (const input of document.querySelectorAll('input[name="token"]')) input.value = token;
  for (const form of document.querySelectorAll("form[action*='token=']")) {
    const action = new URL(form.getAttribute("action"), location.href);
    action.searchParams.set("token", token);
    form.setAttribute("action", action.pathname + action.search);
  }
}
