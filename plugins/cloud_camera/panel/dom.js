/**
 * An element with attributes, listeners (`on...`) and children. Attributes that are null or false are left out.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else set(element, name, value);
  }
  element.append(...children);
  return element;
}

/** Sets an attribute only when it differs: screen readers repeat what is written again. */
export function set(element, name, value) {
  if (value === null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/** Likewise for text. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A style sheet for shadow roots; constructed ones need no `unsafe-inline` from the page. */
export function sheet(css) {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}
