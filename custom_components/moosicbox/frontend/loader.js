/** Runs on every page of Home Assistant: a browser that was made a player is one again after a reload, wherever that was. */
import { getApp } from "./app/app.js";

getApp().then((app) => app.resume());
