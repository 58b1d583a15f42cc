// The pages of the assistant: how a voice sounds, and trying a question.

import { wireListen } from "./controllers/listen.js";
import { wireMenus } from "./controllers/menu.js";
import { Trial } from "./controllers/trial.js";

wireMenus();
wireListen();
const form = document.querySelector("[data-trial]");
if (form instanceof HTMLFormElement) new Trial(form).start();
