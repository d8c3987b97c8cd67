// Markdown as text with structure: no scripts, images, styles or forms, links only to where a person would go.
import { html, useMemo } from "../lib.js";
import DOMPurify from "../vendor/dompurify.js";
import { Marked } from "../vendor/marked.js";

const BELOW = 2, DEEPEST = 6;
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
/** Markup inside Markdown is shown as the text it is: even the sanitizer never gets to parse somebody else's handlers. */
const reader = new Marked({ gfm: true, breaks: false, renderer: { html: ({ text }) => escaped(text) }, walkTokens: (token) => { if (token.type === "heading") token.depth = Math.min(DEEPEST, token.depth + BELOW); } });
const ALLOWED = {
  ALLOWED_TAGS: ["h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del", "a", "br", "hr", "table", "thead", "tbody", "tr", "th", "td"],
  ALLOWED_ATTR: ["href", "title", "start", "align", "target", "rel"],
  ALLOWED_URI_REGEXP: /^https?:\/\//i, ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, KEEP_CONTENT: true,
};
const cleaner = DOMPurify(window);
cleaner.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A" || !node.hasAttribute("href")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** Clean markup of Markdown; headings begin at the third level. */
export const markup = (text) => cleaner.sanitize(reader.parse(text ?? ""), ALLOWED);

/** @param {{text: string}} props */
export function Markdown({ text }) {
  const inner = useMemo(() => ({ __html: markup(text) }), [text]);
  return html`<div class="prose" dangerouslySetInnerHTML=${inner}></div>`;
}
