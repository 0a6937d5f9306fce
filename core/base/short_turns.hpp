// How soon a thread begins where others keep the processors busy.
#pragma once

namespace robohub {

// For this thread: where others keep the processors busy, one that something came for waits for the end of their turns.
// Linux since 6.12 lets a thread ask for shorter turns of its own, and lets it begin sooner for that (sched_setattr(2),
// sched_runtime of SCHED_OTHER); its share stays the same. Threads and programs that it begins have turns like others.
// Other kernels take no notice, and a refusal harms nothing.
void askForShortTurns();
// Gives them back: turns as long as the kernel gives to all.
void askForOrdinaryTurns();

// For every thread of another process of this user: before it is killed, say. Its threads run once more to die, and
// until then the kernel keeps what they hold. Blocks for some microseconds a thread.
void askForShortTurnsOf(int pid);

}  // namespace robohub
