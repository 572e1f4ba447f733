package main

import (
	"context"
	"log"
	"os"

	"consumer/consumer"

	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"
)

func main() {
	client := larkws.NewClient(os.Getenv("APP_ID"), os.Getenv("APP_SECRET"),
		larkws.WithDomain(os.Getenv("DOMAIN")),
		larkws.WithEventHandler(consumer.NewDispatcher("", "")),
	)
	log.Fatal(client.Start(context.Background()))
}
