// The mutexes whose types say what they guard (rh/mutex.hpp), by the names that the core knows them by.
#pragma once
#include "rh/mutex.hpp"

namespace robohub {

using rh::Condition;
using rh::Lock;
using rh::Mutex;
using rh::ReadLock;
using rh::SharedMutex;
using rh::WriteLock;

}  // namespace robohub
