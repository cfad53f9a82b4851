package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.generate.GenerationListener;
import java.io.IOException;
import java.util.Optional;

/** Answers what a body asks, whole or in a stream, in the dialect of an interface. */
record GenerationEndpoint(Catalogue catalogue, Desk desk, Dialect dialect) implements Gateway.BodyAction {

    /** How an interface asks and is answered. */
    interface Dialect {

        /** @param model the name that the body asks for */
        Wish read(JsonNode body, String model);

        /** A whole answer. */
        ObjectNode whole(Call call, Wish wish, BatchAnswer done);

        /** The form in which an answer is streamed; what stands before its first words may be sent at once. */
        Streaming.Form streamed(Call call, Wish wish, EventStream events) throws IOException;
    }

    @Override
    public void answer(Call call, JsonNode body) throws IOException {
        String name = catalogue.chat(body);
        call.model(name);
        Wish wish = dialect.read(body, name);
        long deadline = desk.deadline();
        if (wish.stream()) {
            Streaming streaming = new Streaming();
            ContinuousBatch.Ticket ticket = desk.submit(wish, call, streaming);
            EventStream events = events(call, ticket);
            streaming.send(desk, call, wish, ticket, events, dialect.streamed(call, wish, events), deadline);
            return;
        }
        ContinuousBatch.Ticket ticket = desk.submit(wish, call, GenerationListener.none());
        Optional<BatchAnswer> done = desk.await(ticket, call, deadline);
        if (done.isEmpty()) {
            call.gone();
            return;
        }
        desk.note(call, wish, done.get());
        call.json(200, dialect.whole(call, wish, done.get()));
    }

    /** Begins the stream; a client that has gone meanwhile leaves nothing running. */
    private static EventStream events(Call call, ContinuousBatch.Ticket ticket) throws IOException {
        try {
            return call.events();
        } catch (IOException e) {
            ticket.cancel();
            throw e;
        }
    }
}
