Feature: An agent converts documents
  Small documents while it waits, large ones as a job with progress and a callback; every time with a digest and an audit event.
  The agent is the official MCP SDK. The worker is a real one: started here over stdio or HTTPS, or whatever is at the URL that was given.

  Background:
    Given a worker that converts documents

  @sync
  Scenario: Small document returns synchronously with hash and audit
    When the agent converts "sample-5mb.pdf" to "docx"
    Then the status is "ok"
    And the result is a file "sample-5mb.docx"
    And python-docx opens it and finds the text of the document
    And its sha256 has 64 hex digits and matches the file
    And an audit event of the call has a request_id, the tool, status "ok" and a duration

  @sync @latency
  Scenario: Small documents are quick
    When the agent converts "sample-5mb.pdf" to "docx" 20 times
    Then 95 of 100 answers came within 3 seconds

  @sync
  Scenario Outline: Every format can be asked for
    When the agent converts "small.md" to "<target>"
    Then the status is "ok"
    And the result is a file "small.<extension>"
    And its sha256 has 64 hex digits and matches the file

    Examples:
      | target   | extension |
      | pdf      | pdf       |
      | docx     | docx      |
      | odt      | odt       |
      | rtf      | rtf       |
      | html     | html      |
      | markdown | md        |
      | plain    | txt       |

  @sync
  Scenario: Inline bytes are a document, too
    When the agent sends "small.md" inline and wants "html"
    Then the status is "ok"
    And the result is a file "small.html"

  @sync
  Scenario: The result of one call is the input of the next
    When the agent converts "small.md" to "docx"
    And the agent converts that result to "html"
    Then the status is "ok"
    And the result is a file "small.html"

  @async @latency
  Scenario: Large document falls back to a job
    When the agent converts "sample-50mb.pdf" to "docx" and asks to be called back
    Then the status is "accepted"
    And there is a job_id
    When the agent waits for the job
    Then progress came at least every 2 seconds
    And the status is "ok"
    And the result is a file "sample-50mb.docx"
    And the callback has job_id, status "succeeded", artifact_path and the sha256 of the file, and its signature is right
    And all of it took at most 120 seconds
    And an audit event of the job has status "ok"

  @async
  Scenario: A cancelled conversion leaves nothing behind
    When the agent converts "sample-50mb.pdf" to "html"
    And the agent waits until the job runs
    And the agent cancels the job
    Then the job is cancelled
    And no converter is left
    And the agent can convert "small.md" to "html"

  @async @latency
  Scenario: Cancelling takes effect at once
    When the agent converts "sample-50mb.pdf" to "html"
    And the agent waits until the job runs
    And the agent cancels the job
    Then no converter is left after 0.2 seconds

  @async @http @local
  Scenario: A worker that is killed in the middle loses no job
    When the agent converts "sample-50mb.pdf" to "html"
    And the agent waits until the job runs
    And the worker's serving process is killed
    And the agent waits for the job
    Then the status is "ok"

  @async @http @local
  Scenario: The plugin is exchanged while a job runs
    When the agent converts "sample-50mb.pdf" to "html"
    And the agent waits until the job runs
    And the plugin is exchanged
    And the agent waits for the job
    Then the status is "ok"
    And the agent can convert "small.md" to "html"

  @sync
  Scenario Outline: What is no document is refused by name
    When the agent converts "<document>" to "html"
    Then the call is refused with "<code>"
    And an audit event of the call has a request_id, the tool, status "invalid" and a duration
    And the agent can convert "small.md" to "html"

    Examples:
      | document      | code               |
      | noise.pdf     | CORRUPT_DOCUMENT   |
      | picture.png   | INVALID_FORMAT     |
      | encrypted.pdf | ENCRYPTED_DOCUMENT |
      | cut.docx      | CORRUPT_DOCUMENT   |

  @sync
  Scenario: A format that there is not
    When the agent converts "small.md" to "docm"
    Then the call is refused with "target"

  @sync
  Scenario Outline: Nothing outside the roots can be named
    When the agent names the path "<path>" and wants "html"
    Then the call is refused with "INVALID_PATH"

    Examples:
      | path                |
      | /etc/passwd         |
      | ../outside.md       |
      | link-to-outside.md  |
      | sub/../../outside.md |

  @sync @http @token
  Scenario: A token without the scope
    Given a token without the scope
    When the agent with that token converts "small.md" to "html"
    Then it has no such tool
    And an audit event tells of the refusal

  @sync
  Scenario: Two clients at once
    Given another agent
    When both agents convert "sample-5mb.pdf" to "docx" at once
    Then both got the same file

  @sync
  Scenario: The audit log is sound
    When the agent converts "small.md" to "html"
    Then the audit log verifies
