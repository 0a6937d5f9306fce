// Who may do what, kept by hand: every route and every message of the live socket as they are declared ('#' lines), and
// below each what it answers to whom, on a device of one's own grants and on others.
//
// Columns, each group one word:
//   nobody
//   guests      who may watch only; who may play; who may play but is banned from d1; banned from the hub (whose
//               session has ended)
//   a member    without grants, then with one: watch, play, publish, moderate, administer on d1; administer on d2; play
//   by
//               the label of d1; moderate by the room of d1
//   roles       viewer, player, administrator
//   tokens      of an administrator: watch only; administer, on d2 only; administer
// Answers:
//   y the route's own (done, or refused for what was said)   1 401   3 403   4 404 as of a device that is not there
//   n 404 of the route's own   ? y or n   . not asked, since it would be done
#pragma once

namespace robohub::test {

inline constexpr const char* kPermissionTable = R"table(
# GET /healthz public
GET /healthz                                   y yyyy yyyyyyyyy yyy yyy

# GET /readyz public
GET /readyz                                    y yyyy yyyyyyyyy yyy yyy

# GET /metrics public
GET /metrics                                   n nnnn nnnnnnnnn nnn nnn

# GET /{path...} public
GET /devices/d1                                y yyyy yyyyyyyyy yyy yyy

# GET /api/v1/openapi.json public
GET /api/v1/openapi.json                       y yyyy yyyyyyyyy yyy yyy

# GET /api/v1/session public
GET /api/v1/session                            y yyyy yyyyyyyyy yyy yyy

# POST /api/v1/session public
POST /api/v1/session                           y yyyy yyyyyyyyy yyy yyy  {}

# DELETE /api/v1/session public
DELETE /api/v1/session                         y .... ......... ... ...

# POST /api/v1/setup public
POST /api/v1/setup                             y yyyy yyyyyyyyy yyy yyy  {}

# GET /api/v1/oidc/start public
GET /api/v1/oidc/start                         n nnnn nnnnnnnnn nnn nnn

# GET /api/v1/oidc/callback public
GET /api/v1/oidc/callback                      n nnnn nnnnnnnnn nnn nnn

# POST /api/v1/agent/claim public
POST /api/v1/agent/claim                       y yyyy yyyyyyyyy yyy yyy  {}

# GET /api/v1/agent public
GET /api/v1/agent                              1 1111 111111111 111 111

# GET /api/v1/live signed_in
GET /api/v1/live                               1 yyy1 yyyyyyyyy yyy yyy

# GET /plugins/{type}/{version}/{file...} signed_in
GET /plugins/test_good/1.0.0/nothing.js        1 nnn1 nnnnnnnnn nnn nnn

# GET /api/v1/devices signed_in
GET /api/v1/devices                            1 yyy1 yyyyyyyyy yyy yyy

# POST /api/v1/devices administer
POST /api/v1/devices                           1 3331 333333333 33y 33y  {}

# GET /api/v1/devices/{id} watch on device
GET /api/v1/devices/d1                         1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/devices/d2                         1 yyy1 444444y44 yyy yyy
GET /api/v1/devices/unknown                    1 4441 444444444 444 444
GET /api/v1/devices/D%201                      1 4441 444444444 444 444

# PATCH /api/v1/devices/{id} administer on device
PATCH /api/v1/devices/d1                       1 3331 43333y433 33y 34y  {"name":"One"}
PATCH /api/v1/devices/d2                       1 3331 444444y44 33y 3yy  {"name":"Two"}
PATCH /api/v1/devices/d1                       1 3331 433333433 33y 34y  {"room":"hall"}
PATCH /api/v1/devices/d1                       1 3331 433333433 33y 34y  {"labels":["lab"]}
PATCH /api/v1/devices/d2                       1 3331 444444344 33y 33y  {"labels":[]}
PATCH /api/v1/devices/unknown                  1 4441 444444444 444 444  {"name":"x"}

# DELETE /api/v1/devices/{id} administer on device
DELETE /api/v1/devices/d1                      1 3331 43333.433 33. 34.
DELETE /api/v1/devices/{fresh}                 1 3331 444444444 33y 34y
DELETE /api/v1/devices/unknown                 1 4441 444444444 444 444

# POST /api/v1/devices/{id}/claim-code administer on device
POST /api/v1/devices/d1/claim-code             1 3331 43333y433 33y 34y
POST /api/v1/devices/d2/claim-code             1 3331 444444y44 33y 3yy

# GET /api/v1/devices/{id}/connections administer on device
GET /api/v1/devices/d1/connections             1 3331 43333y433 33y 34y
GET /api/v1/devices/d2/connections             1 3331 444444y44 33y 3yy

# GET /api/v1/devices/{id}/bans moderate on device
GET /api/v1/devices/d1/bans                    1 3331 4333yy43y 33y 34y
GET /api/v1/devices/d2/bans                    1 3331 444444y44 33y 3yy

# POST /api/v1/devices/{id}/commands/{name} play on device
POST /api/v1/devices/d1/commands/add           1 3y31 43y3yy4yy 3yy 34y  {"a":1,"b":2}
POST /api/v1/devices/d2/commands/add           1 3yy1 444444y44 3yy 3yy  {"a":1,"b":2}
POST /api/v1/devices/unknown/commands/add      1 4441 444444444 444 444  {}

# GET /api/v1/devices/{id}/turn watch on device
GET /api/v1/devices/d1/turn                    1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/devices/d2/turn                    1 yyy1 444444y44 yyy yyy

# GET /api/v1/devices/{id}/telemetry watch on device
GET /api/v1/devices/d1/telemetry               1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/devices/d2/telemetry               1 yyy1 444444y44 yyy yyy

# GET /api/v1/devices/{id}/telemetry.csv watch on device
GET /api/v1/devices/d1/telemetry.csv           1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/devices/d2/telemetry.csv           1 yyy1 444444y44 yyy yyy

# GET /api/v1/devices/{id}/telemetry.ndjson watch on device
GET /api/v1/devices/d1/telemetry.ndjson        1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/devices/d2/telemetry.ndjson        1 yyy1 444444y44 yyy yyy

# GET /api/v1/devices/{id}/telemetry/latest watch on device
GET /api/v1/devices/d1/telemetry/latest        1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/devices/d2/telemetry/latest        1 yyy1 444444y44 yyy yyy

# DELETE /api/v1/devices/{id}/telemetry administer on device
DELETE /api/v1/devices/d1/telemetry            1 3331 43333y433 33y 34y
DELETE /api/v1/devices/d2/telemetry            1 3331 444444y44 33y 3yy

# POST /api/v1/devices/{id}/turn play on device
POST /api/v1/devices/d1/turn                   1 3y31 43y3yy4yy 3yy 34y
POST /api/v1/devices/d2/turn                   1 3yy1 444444y44 3yy 3yy

# PUT /api/v1/devices/{id}/turn moderate on device
PUT /api/v1/devices/d1/turn                    1 3331 4333yy43y 33y 34y  {"action":"release"}
PUT /api/v1/devices/d1/turn                    1 3331 4333yy43y 33y 34y  {"action":"hold"}
PUT /api/v1/devices/d1/turn                    1 3331 4333yy43y 33y 34y  {"action":"take_over"}
PUT /api/v1/devices/d1/turn                    1 3331 4333yy43y 33y 34y  {"action":"skip","person":"g-0"}
PUT /api/v1/devices/d1/turn                    1 3331 4333yy43y 33y 34y  {"action":"remove","person":"g-0"}
PUT /api/v1/devices/d1/turn                    1 3331 4333nn43n 33n 34n  {"action":"ban","person":"g-0","for_ms":1000}
PUT /api/v1/devices/d2/turn                    1 3331 444444y44 33y 3yy  {"action":"release"}
PUT /api/v1/devices/d1/turn                    1 3331 4333yy43y 33y 34y  {"action":"release"}

# DELETE /api/v1/devices/{id}/turn play on device
DELETE /api/v1/devices/d1/turn                 1 3yy1 43y3yy4yy 3yy 34y
DELETE /api/v1/devices/d2/turn                 1 3yy1 444444y44 3yy 3yy

# POST /api/v1/stop signed_in
POST /api/v1/stop                              1 yyy1 yyyyyyyyy yyy yyy  {}

# POST /api/v1/devices/{id}/stop stop on device
POST /api/v1/devices/d1/stop                   1 yyy1 4yyyyy4yy yyy y4y  {}
POST /api/v1/devices/d2/stop                   1 yyy1 444444y44 yyy yyy  {}

# POST /api/v1/devices/{id}/stop/reset play on device
# Who may play is let through, and the rules then say no: the device has hazards.
POST /api/v1/devices/d1/stop/reset             1 3331 43333y433 33y 34y
POST /api/v1/devices/d2/stop/reset             1 3331 444444y44 33y 3yy

# GET /api/v1/devices/{id}/streams/{file} watch on device
GET /api/v1/devices/d1/streams/nothing.jpg     1 nnn1 4nnnnn4nn nnn n4n
GET /api/v1/devices/d2/streams/nothing.mjpeg   1 nnn1 444444n44 nnn nnn

# GET /api/v1/captures signed_in
GET /api/v1/captures                           1 yyy1 yyyyyyyyy yyy yyy

# GET /api/v1/captures/{id} watch on capture
GET /api/v1/captures/1                         1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/captures/2                         1 yyy1 444444y44 yyy yyy

# GET /api/v1/captures/{id}/video.mp4 watch on capture
GET /api/v1/captures/1/video.mp4               1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/captures/2/video.mp4               1 yyy1 444444y44 yyy yyy

# GET /api/v1/captures/{id}/still.jpg watch on capture
GET /api/v1/captures/1/still.jpg               1 yyy1 4yyyyy4yy yyy y4y
GET /api/v1/captures/2/still.jpg               1 yyy1 444444y44 yyy yyy

# DELETE /api/v1/captures/{id} moderate on capture
DELETE /api/v1/captures/{capture_d1}           1 3331 4333yy43y 33y 34y
DELETE /api/v1/captures/{capture_d2}           1 3331 444444y44 33y 3yy

# POST /api/v1/captures/{id}/end moderate on capture
POST /api/v1/captures/1/end                    1 3331 4333yy43y 33y 34y
POST /api/v1/captures/2/end                    1 3331 444444y44 33y 3yy

# POST /api/v1/devices/{id}/captures moderate on device
POST /api/v1/devices/d1/captures               1 3331 4333nn43n 33n 34n  {"stream":"nothing","for_ms":1000}
POST /api/v1/devices/d2/captures               1 3331 444444n44 33n 3nn  {"stream":"nothing","for_ms":1000}

# POST /api/v1/devices/{id}/snapshot play on device
POST /api/v1/devices/d1/snapshot?stream=nothing 1 3n31 43n3nn4nn 3nn 34n
POST /api/v1/devices/d2/snapshot?stream=nothing 1 3nn1 444444n44 3nn 3nn

# GET /api/v1/plugins administer
GET /api/v1/plugins                            1 3331 333333333 33y 33y

# GET /api/v1/pending administer
GET /api/v1/pending                            1 3331 333333333 33y 33y

# POST /api/v1/pending/{link} administer
POST /api/v1/pending/robot_tcp?id=none         1 3331 333333333 33n 33n  {}

# DELETE /api/v1/pending/{link} administer
DELETE /api/v1/pending/robot_tcp?id=none       1 3331 333333333 33n 33n

# POST /api/v1/pending/{link}/{foreign_id} administer
POST /api/v1/pending/robot_tcp/none            1 3331 333333333 33n 33n  {}

# DELETE /api/v1/pending/{link}/{foreign_id} administer
DELETE /api/v1/pending/robot_tcp/none          1 3331 333333333 33n 33n

# GET /api/v1/bans administer
GET /api/v1/bans                               1 3331 333333333 33y 33y

# POST /api/v1/bans administer
POST /api/v1/bans                              1 3331 333333333 33y 33y  {}

# DELETE /api/v1/bans/{id} signed_in
DELETE /api/v1/bans/{ban_d1}                   1 nnn1 nnnnyynny nny nny
DELETE /api/v1/bans/{ban_hub}                  1 nnn1 nnnnnnnnn nny nny

# POST /api/v1/session/confirm signed_in person
POST /api/v1/session/confirm                   1 3331 yyyyyyyyy yyy 333  {}

# GET /api/v1/account signed_in person
GET /api/v1/account                            1 3331 yyyyyyyyy yyy 333

# PUT /api/v1/account/password signed_in person
PUT /api/v1/account/password                   1 3331 yyyyyyyyy yyy 333  {}

# GET /api/v1/account/sessions signed_in person
GET /api/v1/account/sessions                   1 3331 yyyyyyyyy yyy 333

# DELETE /api/v1/account/sessions signed_in person
DELETE /api/v1/account/sessions                1 3331 yyyyyyyyy yyy 333

# DELETE /api/v1/account/sessions/{id} signed_in person
DELETE /api/v1/account/sessions/{other_session} 1 3331 nnnnnnnnn nnn 333

# GET /api/v1/tokens signed_in person
GET /api/v1/tokens                             1 3331 yyyyyyyyy yyy 333
GET /api/v1/tokens?user=*                      1 3331 333333333 33y 333

# POST /api/v1/tokens signed_in person, confirmed
POST /api/v1/tokens                            1 3331 yyyyyyyyy yyy 333  {}

# DELETE /api/v1/tokens/{id} signed_in person
DELETE /api/v1/tokens/{other_token}            1 3331 nnnnnnnnn nn. 333

# POST /api/v1/tickets signed_in
POST /api/v1/tickets                           1 yyy1 yyyyyyyyy yyy yyy

# GET /api/v1/users administer
GET /api/v1/users                              1 3331 333333333 33y 33y

# POST /api/v1/users administer confirmed
POST /api/v1/users                             1 3331 333333333 33y 33y  {}

# GET /api/v1/users/{name} administer
GET /api/v1/users/vera                         1 3331 333333333 33y 33y

# PATCH /api/v1/users/{name} administer confirmed
PATCH /api/v1/users/vera                       1 3331 333333333 33y 33y  {"role":"nothing"}

# DELETE /api/v1/users/{name} administer confirmed
DELETE /api/v1/users/nobody                    1 3331 333333333 33n 33n

# PUT /api/v1/users/{name}/password administer confirmed
PUT /api/v1/users/vera/password                1 3331 333333333 33y 33y  {"password":"x"}

# POST /api/v1/users/{name}/grants administer confirmed
POST /api/v1/users/vera/grants                 1 3331 333333333 33y 33y  {}

# DELETE /api/v1/users/{name}/grants/{id} administer confirmed
DELETE /api/v1/users/vera/grants/999999        1 3331 333333333 33n 33n

# GET /api/v1/users/{name}/sessions administer
GET /api/v1/users/vera/sessions                1 3331 333333333 33y 33y

# DELETE /api/v1/users/{name}/sessions administer
DELETE /api/v1/users/nobody/sessions           1 3331 333333333 33n 33n

# DELETE /api/v1/users/{name}/sessions/{id} administer
DELETE /api/v1/users/vera/sessions/s-0         1 3331 333333333 33n 33n

# GET /api/v1/audit administer
GET /api/v1/audit                              1 3331 333333333 33y 33y

# GET /api/v1/audit.ndjson administer
GET /api/v1/audit.ndjson                       1 3331 333333333 33y 33y

# GET /api/v1/audit/verify administer
GET /api/v1/audit/verify                       1 3331 333333333 33y 33y

# GET /api/v1/certificates administer
GET /api/v1/certificates                       1 3331 333333333 33y 33y

# GET /api/v1/config administer
GET /api/v1/config                             1 3331 333333333 33y 33y

# GET /api/v1/health administer
GET /api/v1/health                             1 3331 333333333 33y 33y

# POST /api/v1/certificates administer confirmed
POST /api/v1/certificates                      1 3331 333333333 33y 33y  {}

# DELETE /api/v1/certificates/{fingerprint} administer confirmed
DELETE /api/v1/certificates/00                 1 3331 333333333 33? 33?

# POST /api/v1/config/check administer
POST /api/v1/config/check                      1 3331 333333333 33y 33y  {}

# POST /api/v1/config/reload administer confirmed
POST /api/v1/config/reload                     1 3331 333333333 33y 33y

# POST /api/v1/backup administer
POST /api/v1/backup                            1 3331 333333333 333 333  {}

# ---- the live socket: `live TYPE DEVICE`

# live watch watch on device
live watch d1                                  1 yyy1 4yyyyy4yy yyy y4y
live watch d2                                  1 yyy1 444444y44 yyy yyy
live watch unknown                             1 4441 444444444 444 444

# live unwatch signed_in
live unwatch d1                                1 yyy1 4yyyyy4yy yyy y4y
live unwatch d2                                1 yyy1 444444y44 yyy yyy
live unwatch unknown                           1 4441 444444444 444 444

# live watch_list signed_in
live watch_list -                              1 yyy1 yyyyyyyyy yyy yyy

# live unwatch_list signed_in
live unwatch_list -                            1 yyy1 yyyyyyyyy yyy yyy

# live ping signed_in
live ping -                                    1 yyy1 yyyyyyyyy yyy yyy

# live join play on device
live join d1                                   1 3y31 43y3yy4yy 3yy 34y
live join d2                                   1 3yy1 444444y44 3yy 3yy
live join unknown                              1 4441 444444444 444 444

# live drive play on device
live drive d1                                  1 3yy1 43y3yy4yy 3yy 34y
live drive d2                                  1 3yy1 444444y44 3yy 3yy

# live beat play on device
live beat d1                                   1 3yy1 43y3yy4yy 3yy 34y  {"epoch":1,"stamp":"x"}
live beat d2                                   1 3yy1 444444y44 3yy 3yy  {"epoch":1,"stamp":"x"}

# live command play on device
live command d1                                1 3yy1 43y3yy4yy 3yy 34y  {"name":"add","params":{}}
live command d2                                1 3yy1 444444y44 3yy 3yy  {"name":"add","params":{}}

# live leave play on device
live leave d1                                  1 3yy1 43y3yy4yy 3yy 34y
live leave d2                                  1 3yy1 444444y44 3yy 3yy

# live moderate moderate on device
live moderate d1                               1 3331 4333yy43y 33y 34y  {"action":"release"}
live moderate d1                               1 3331 4333yy43y 33y 34y  {"action":"take_over"}
live moderate d2                               1 3331 444444y44 33y 3yy  {"action":"release"}
live moderate unknown                          1 4441 444444444 444 444  {"action":"release"}

# live stop stop on device
live stop d1                                   1 yyy1 4yyyyy4yy yyy y4y
live stop d2                                   1 yyy1 444444y44 yyy yyy
live stop unknown                              1 4441 444444444 444 444

# live stop_all signed_in
live stop_all -                                1 yyy1 yyyyyyyyy yyy yyy

# live reset play on device
live reset d1                                  1 3331 43333y433 33y 34y
live reset d2                                  1 3331 444444y44 33y 3yy
)table";

}  // namespace robohub::test
