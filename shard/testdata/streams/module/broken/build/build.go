package build

func Broken() int { return undefined + "a" }
