package example_test

import "fmt"

func ExampleGood() {
	fmt.Println("good")
	// Output: good
}

func ExampleBad() {
	fmt.Println("bad")
	// Output: good
}

func ExamplePanics() {
	panic("in an example")
	// Output: never
}
