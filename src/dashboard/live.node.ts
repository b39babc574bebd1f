// The live page of a run that goes on in this process: what the run tells becomes the newest of a feed, what a page asks for
// goes to the run's controls. It waits for nobody.
import { SettleError } from '../errors.ts';
import type { LiveControls, LiveView } from '../run/live.ts';
import { assets } from './assets.node.ts';
import { feed as newFeed } from './feed.ts';
import { pointOf, type Request } from './messages.ts';
import { serve } from './server.node.ts';

export interface LivePage {
  readonly url: string;
  readonly view: LiveView;
  /** Says that the run is over, lets pages hear of it, and hangs up. */
  close(what: string): Promise<void>;
}

export interface LivePageOptions {
  readonly title: string;
  /** Of the run, where it has one. */
  readonly folder: string | null;
  /** The trace's file, where it is not the folder's. */
  readonly trace: string | null;
  readonly host?: string | undefined;
  readonly port: number;
}

/** @throws SettleError of kind `environment` where the port cannot be had or the build is missing */
export async function livePageOf({ title, folder, trace, host, port }: LivePageOptions): Promise<LivePage> {
  const feed = newFeed();
  let controls: LiveControls | null = null;
  const server = await serve({ feed, resources: assets(title, folder, trace), host, port, request: (asked) => act(controls, asked) }); // prettier-ignore
  return {
    url: server.url,
    view: {
      get watched() {
        return server.pages > 0;
      },
      start(about, given) {
        controls = given;
        feed.put({ kind: 'about', about, mode: 'live' });
      },
      state: (state) => feed.put({ kind: 'state', state }),
      line: (line) => feed.line(line as Record<string, unknown>),
      progress(progress) {
        feed.put({ kind: 'progress', progress });
        const point = pointOf(progress);
        if (point) feed.point(point);
      },
      example: (shown) => feed.put({ kind: 'example', shown }),
    },
    async close(what) {
      controls = null;
      feed.put({ kind: 'end', what, report: false });
      await server.close();
    },
  };
}

function act(controls: LiveControls | null, asked: Request): void {
  if (!controls) throw new SettleError('the run is not under way', { kind: 'input' });
  switch (asked.do) {
    case 'pause':
      return controls.pause();
    case 'go':
      return controls.go();
    case 'step':
      return controls.step();
    case 'show':
      return controls.show(asked.example);
    case 'pick':
      return controls.pick(asked.population, asked.units);
    case 'change':
      return controls.change({ path: asked.path, value: asked.value });
  }
}
