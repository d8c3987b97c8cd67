// Elements, hooks and signals under one roof, so that a component imports one file.
import { Component, Fragment, createContext, createRef, h, render } from "./vendor/preact.js";
import {
  useCallback, useContext, useEffect, useErrorBoundary, useId, useLayoutEffect, useMemo, useRef, useState,
} from "./vendor/hooks.js";
import { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "./vendor/signals.js";
import htm from "./vendor/htm.js";

/** Markup in a template: html`<p class="x">${text}</p>`; what is put in is text, never markup. */
export const html = htm.bind(h);

export {
  Component, Fragment, batch, computed, createContext, createRef, effect, h, render, signal, untracked, useCallback,
  useComputed, useContext, useEffect, useErrorBoundary, useId, useLayoutEffect, useMemo, useRef, useSignal,
  useSignalEffect, useState,
};

/** Class names of those that hold: classes("btn", is_small && "small"). */
export const classes = (...names) => names.filter(Boolean).join(" ");
