/** A picture before its boxes have positions. */
import type { ExplainedPicture } from "../explanation.ts";
import type { Link } from "./choose-boxes.ts";
import type { LanePlan } from "./place-lanes.ts";

export interface PicturePlan {
  readonly name: ExplainedPicture["name"];
  readonly title: string;
  readonly lanes: readonly LanePlan[];
  readonly links: readonly Link[];
}
