package jetstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// tokenPrefix begins the tokens of one build.
const tokenPrefix = "gts1"

// BuildToken returns a token that is good for one build until a time. It is made from the secret of
// the server, which cannot be computed from it.
func BuildToken(secret, build string, expires time.Time) string {
	claim := tokenPrefix + "." + Name(build) + "." + strconv.FormatInt(expires.Unix(), 10)
	return claim + "." + sign(secret, claim)
}

// ReadBuildToken returns what stands for the build of a token, and until when it is good. It is
// not ok if the token was not made from the secret; whether its time is over is not looked at.
func ReadBuildToken(secret, token string) (build string, expires time.Time, ok bool) {
	end := strings.LastIndexByte(token, '.')
	if end < 0 || !hmac.Equal([]byte(token[end+1:]), []byte(sign(secret, token[:end]))) {
		return "", time.Time{}, false
	}
	words := strings.Split(token[:end], ".")
	if len(words) != 3 || words[0] != tokenPrefix || !isName(words[1]) {
		return "", time.Time{}, false
	}
	seconds, err := strconv.ParseInt(words[2], 10, 64)
	return words[1], time.Unix(seconds, 0), err == nil
}

// sign returns the signature of what a token claims.
func sign(secret, claim string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("gotestshard queue token\n" + claim))
	return hex.EncodeToString(mac.Sum(nil))
}
