// Runs a script on a page of headless Chromium.
import { startChromium } from "./chromium.ts";
import { serve, type Policy } from "./serve.ts";
import { writePage, type PageReport, type Script, type Workspace } from "./workspace.ts";

export interface Visit {
  readonly report: PageReport;
  /** All messages of the page on its console. */
  readonly complaints: readonly string[];
}

/** The report of the script under a policy. `outcome`: see `writePage`. */
export async function reportOn(
  workspace: Workspace,
  script: Script,
  policy: Policy,
  outcome?: string,
): Promise<Visit> {
  writePage(workspace, script, policy, outcome);
  const [server, chromium] = await Promise.all([serve(workspace.folder), startChromium()]);
  try {
    return await chromium.visit(server.urlOf(policy, `${policy}.html`));
  } finally {
    await Promise.all([chromium.close(), server.close()]);
  }
}
