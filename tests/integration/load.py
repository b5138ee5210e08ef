"""Clients that keep a worker busy while something is done to it, and count every request that did not succeed."""
import http.client
import threading

from conftest import BOUND


class Load:
    """Threads of clients over http.client: some keep their connection as long as the server lets them, some make a new one for every
    request. A client that is told `Connection: close` makes a new connection; nothing is retried."""

    def __init__(self, worker, path="/livez", keeping=3, connecting=2):
        self.worker, self.path = worker, path
        self.served, self.failures = 0, []
        self._lock, self._over = threading.Lock(), threading.Event()
        self._context = worker.tls_context() if worker.tls else None
        self._threads = [threading.Thread(target=self._run, args=(index < keeping,)) for index in range(keeping + connecting)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _connect(self):
        if self._context:
            return http.client.HTTPSConnection("localhost", self.worker.port, timeout=BOUND, context=self._context)
        return http.client.HTTPConnection("127.0.0.1", self.worker.port, timeout=BOUND)

    def _run(self, keep):
        connection = None
        while not self._over.is_set():
            try:
                connection = connection or self._connect()
                connection.request("GET", self.path)
                response = connection.getresponse()
                response.read()
                failure = None if response.status == 200 else f"status {response.status}"
                closing = response.will_close
            except (OSError, http.client.HTTPException) as problem:
                failure, closing = repr(problem), True
            with self._lock:
                self.served += failure is None
                if failure:
                    self.failures.append(failure)
            if closing or not keep:
                connection.close()
                connection = None
        if connection:
            connection.close()
