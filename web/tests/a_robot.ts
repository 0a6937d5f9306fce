import { Robot } from '../../plugins/motor_robot/panel/robot.js';

export type Tell = (value: Record<string, unknown>) => void;

/** A robot on my turn, which takes every command unless told to refuse. It was told to stand when the turn began. */
export function aRobot(channels: string[]): {
  robot: Robot;
  said: Map<string, Tell>;
  sent: [string, Record<string, unknown>][];
  refuse: { with: string };
} {
  const said = new Map<string, Tell>();
  const sent: [string, Record<string, unknown>][] = [];
  const refuse = { with: '' };
  const robot = new Robot({
    device: 'lab-rover',
    typeInfo: {
      commands: ['drive', 'led', 'buzzer'].map((name) => ({ name })),
      channels: channels.map((name) => ({ name })),
    },
    subscribe: (channel: string, callback: Tell) => {
      said.set(channel, callback);
      return () => undefined;
    },
    send: (name: string, params: Record<string, unknown>) => {
      sent.push([name, params]);
      return refuse.with
        ? // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the page's api does
          Promise.reject({ code: 'x', detail: refuse.with })
        : Promise.resolve({ state: 'succeeded', value: {} });
    },
  });
  robot.follow(() => undefined);
  said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
  said.get('$you')?.({ state: 'active', place: 0 });
  return { robot, said, sent, refuse };
}
