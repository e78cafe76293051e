import { el } from "../dom.js";
export class HubPage { element = el("div"); render() {} }
