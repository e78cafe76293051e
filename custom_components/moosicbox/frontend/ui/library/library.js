import { el } from "../dom.js";
export class Library { element = el("div"); render() {} }
