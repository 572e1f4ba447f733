// Package consumer is what both programs do with an event.
package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"

	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
)

type approvalCc struct {
	Uuid  string `json:"uuid"`
	Token string `json:"token"`
	Event struct {
		InstanceCode string `json:"instance_code"`
		Operate      string `json:"operate"`
		From         string `json:"from"`
	} `json:"event"`
}

// NewDispatcher registers for approval_cc. The body of a customized event is as it came: the user decrypts it.
func NewDispatcher(verificationToken, encryptKey string) *dispatcher.EventDispatcher {
	events := dispatcher.NewEventDispatcher(verificationToken, encryptKey)
	return events.OnCustomizedEvent("approval_cc", func(ctx context.Context, req *larkevent.EventReq) error {
		body, err := events.ParseReq(ctx, req)
		if err != nil {
			return err
		}
		plain, err := events.DecryptEvent(ctx, body)
		if err != nil {
			return err
		}
		var event approvalCc
		if err := json.Unmarshal([]byte(plain), &event); err != nil {
			return err
		}
		return handle(event)
	})
}

var once sync.Once

// Prints what a consumer works with. FIRST says what becomes of the first event: "fail" fails, "hang" never ends.
func handle(cc approvalCc) (err error) {
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{
		"uuid":          cc.Uuid,
		"token":         cc.Token,
		"instance_code": cc.Event.InstanceCode,
		"operate":       cc.Event.Operate,
		"from":          cc.Event.From,
	})
	once.Do(func() {
		switch os.Getenv("FIRST") {
		case "hang":
			select {}
		case "fail":
			err = errors.New("the first event fails")
		}
	})
	return err
}
