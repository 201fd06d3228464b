// Making elements. Texts of a run are only ever set as text, never as markup.

// el makes an element. An attribute that starts with "on" is a listener; one that is null,
// undefined or false is left out. Children are elements or texts.
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

// anchor makes a link to an address of the web, or only its text.
function anchor(address, ...children) {
  if (!/^https?:\/\//.test(address ?? "")) return el("span", {}, ...children);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

// words makes a text that is only wrapped between its words: a browser would wrap it within a flag,
// behind the hyphen.
function words(text) {
  return text.split(" ").flatMap((word, i) => (i ? [" "] : []).concat(el("span", { class: "word" }, word)));
}

// took writes a time in milliseconds as people read it: 0.04s, 3.1s, 4m40s.
function took(ms) {
  if (ms < 100) return (ms / 1000).toFixed(2) + "s";
  if (ms < 59950) return (ms / 1000).toFixed(1) + "s";
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  return (hours ? hours + "h" : "") + Math.floor((seconds % 3600) / 60) + "m" + (seconds % 60) + "s";
}

function number(n) { return n.toLocaleString("en-US"); }

function counted(n, one, many) { return number(n) + " " + (n === 1 ? one : many ?? one + "s"); }

// copyButton makes a button that copies what text returns.
function copyButton(label, name, text) {
  const button = el("button", { type: "button", class: "small", "aria-label": label + " of " + name }, label);
  button.addEventListener("click", async () => {
    const done = await copy(text());
    announce(done ? "Copied" : "Copying is not allowed here");
    button.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page in a frame, or one without https, may not use the clipboard directly.
    const area = el("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { /* not allowed */ }
    area.remove();
    before?.focus();
    return done;
  }
}

const live = el("div", { class: "unseen", role: "status", "aria-live": "polite" });

// announce tells something to people who do not see the page.
function announce(text) { live.textContent = text; }

// section makes a part of the page with a heading.
function section(id, title, ...children) {
  return el("section", { id: "section-" + id, "aria-labelledby": "title-" + id },
    el("h2", { id: "title-" + id, tabindex: "-1" }, title), ...children);
}
