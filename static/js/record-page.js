// The page of one call.

import { one } from "./helpers/page.js";
import { Original } from "./controllers/original.js";
import { RecordKeys } from "./controllers/record-keys.js";
import { Reveal } from "./controllers/reveal.js";
import { TranscriptView } from "./controllers/transcript-view.js";
import { Tracks } from "./controllers/tracks.js";
import "./controllers/refresh.js";

const recording = /** @type {HTMLElement | null} */ (document.querySelector("[data-tracks]"));
const conversation = one("[data-turns]");
const transcript = new TranscriptView(conversation, (ms) => void tracks?.hear(ms));
const tracks = recording ? new Tracks(recording, (ms) => transcript.follow(ms)) : null;
new Reveal(/** @type {HTMLDialogElement} */ (one("[data-reveal-dialog]")), conversation);
const original = /** @type {HTMLDialogElement | null} */ (document.querySelector("[data-original-dialog]"));
/** @type {NodeListOf<HTMLElement>} */
const doors = document.querySelectorAll("[data-open-original]");
if (original) new Original(original, doors);
new RecordKeys(transcript);
const moment = /^#t=(\d{1,9})$/.exec(location.hash);
if (moment) transcript.open(Number(moment[1]));
