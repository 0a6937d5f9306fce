// Where people may sign in with an account of somebody else's: one OpenID Connect issuer. Filled by the reader of
// robohub.yaml.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "identity/person.hpp"

namespace robohub::identity {

struct OidcSettings {
  std::string issuer;         // "https://accounts.example", exactly as its tokens say it. "" = off
  std::string client_id;      // as registered at the issuer
  std::string client_secret;  // "" for a public client
  std::string redirect_url;   // of this hub as browsers reach it: ".../api/v1/oidc/callback"
  std::string title;          // what the button says: "Sign in with <title>"
  std::vector<std::string> scopes{"openid", "profile", "email"};
  bool create_accounts = false;   // whoever is not known here gets an account ...
  Role role = Role::member;       // ... of this role
  std::filesystem::path ca_file;  // who vouches for the issuer's certificate; "" = the system's authorities
};

}  // namespace robohub::identity
