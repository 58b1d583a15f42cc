// Staff pages without a life of their own: the bar's menu.

import { wireMenus } from "./controllers/menu.js";

wireMenus();
