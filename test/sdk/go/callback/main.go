package main

import (
	"log"
	"net/http"
	"os"

	"consumer/consumer"

	"github.com/larksuite/oapi-sdk-go/v3/core/httpserverext"
)

func main() {
	events := consumer.NewDispatcher(os.Getenv("VERIFICATION_TOKEN"), os.Getenv("ENCRYPT_KEY"))
	http.HandleFunc("/webhook/event", httpserverext.NewEventHandlerFunc(events))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
