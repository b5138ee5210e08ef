// plugin.rs: a plugin in Rust without any crate and without the C header: the structs are written by hand from it. It
// shows that the ABI can be spoken from any language with C structs and function pointers.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_void};
use std::slice;

type crank_status = i32;
const CRANK_OK: crank_status = 0;
const CRANK_INVALID: crank_status = -1;
const CRANK_NOT_FOUND: crank_status = -2;

#[repr(C)]
#[derive(Clone, Copy)]
struct crank_str {
    ptr: *const c_char,
    len: usize,
}

const fn text(of: &str) -> crank_str {
    crank_str { ptr: of.as_ptr() as *const c_char, len: of.len() }
}

impl crank_str {
    /// The bytes, which the host keeps alive as long as the call.
    unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() {
            return &[];
        }
        slice::from_raw_parts(self.ptr.cast(), self.len)
    }
}

#[repr(C)]
struct crank_host {
    size: usize,
    host_data: *mut c_void,
    name: crank_str,
    version: crank_str,
    extension: Option<unsafe extern "C" fn(*const crank_host, crank_str) -> *const c_void>,
    log: Option<unsafe extern "C" fn(*const crank_host, i32, crank_str)>,
}

type crank_visit = unsafe extern "C" fn(*mut c_void, crank_str, crank_str) -> i32;

#[repr(C)]
struct crank_problem {
    size: usize,
    status: crank_status,
    field_count: u32,
    code: crank_str,
    text: crank_str,
    retry_after_ms: u64,
    fields: *const c_void,
    details: crank_str,
}

#[repr(C)]
struct crank_call {
    size: usize,
    host_data: *mut c_void,
    plugin_data: *mut c_void,
    operation: crank_str,
    body: crank_str,
    content_type: crank_str,
    request_id: crank_str,
    body_size: u64,
    deadline_ms: u64,
    read: unsafe extern "C" fn(*mut crank_call, *mut c_void, usize) -> i64,
    get: unsafe extern "C" fn(*const crank_call, crank_str, *mut crank_str) -> crank_status,
    each: unsafe extern "C" fn(*const crank_call, crank_str, crank_visit, *mut c_void) -> crank_status,
    set: unsafe extern "C" fn(*mut crank_call, crank_str, crank_str) -> crank_status,
    write: unsafe extern "C" fn(*mut crank_call, *const c_void, usize) -> crank_status,
    progress: unsafe extern "C" fn(*mut crank_call, f64, crank_str),
    cancelled: unsafe extern "C" fn(*const crank_call) -> i32,
    on_cancel: unsafe extern "C" fn(
        *mut crank_call,
        Option<unsafe extern "C" fn(*mut c_void, i32)>,
        *mut c_void,
    ) -> crank_status,
    log: unsafe extern "C" fn(*mut crank_call, i32, crank_str),
    fail: unsafe extern "C" fn(*mut crank_call, *const crank_problem) -> crank_status,
    finish: unsafe extern "C" fn(*mut crank_call, crank_status),
}

#[repr(C)]
struct crank_plugin {
    size: usize,
    plugin_data: *mut c_void,
    start: unsafe extern "C" fn(*mut crank_plugin, crank_str) -> crank_status,
    call: unsafe extern "C" fn(*mut crank_plugin, *mut crank_call) -> crank_status,
    stop: unsafe extern "C" fn(*mut crank_plugin),
    destroy: unsafe extern "C" fn(*mut crank_plugin),
    extension: Option<unsafe extern "C" fn(*mut crank_plugin, crank_str) -> *const c_void>,
}

#[repr(C)]
pub struct crank_entry {
    magic: u32,
    abi_major: u32,
    abi_minor: u32,
    needs_minor: u32,
    size: usize,
    manifest_json: crank_str,
    create: unsafe extern "C" fn(*const crank_host, *mut *mut crank_plugin) -> crank_status,
}

// Constant data and a function pointer: nothing that threads could race for.
unsafe impl Sync for crank_entry {}

struct Instance {
    host: *const crank_host,
    calls: std::sync::atomic::AtomicU64,
}

unsafe fn instance<'a>(plugin: *mut crank_plugin) -> &'a Instance {
    &*(*plugin).plugin_data.cast::<Instance>()
}

unsafe extern "C" fn start(plugin: *mut crank_plugin, _config: crank_str) -> crank_status {
    let host = instance(plugin).host;
    if let Some(log) = (*host).log {
        log(host, 1, text("rust plugin started"));
    }
    CRANK_OK
}

unsafe fn respond(call: *mut crank_call, text: &str) -> crank_status {
    ((*call).write)(call, text.as_ptr().cast(), text.len())
}

unsafe fn refuse(call: *mut crank_call, status: crank_status, text: &str) -> crank_status {
    let problem = crank_problem {
        size: std::mem::size_of::<crank_problem>(),
        status,
        field_count: 0,
        code: self::text(""),
        text: self::text(text),
        retry_after_ms: u64::MAX,
        fields: std::ptr::null(),
        details: self::text(""),
    };
    ((*call).fail)(call, &problem)
}

/// Reverses the text of the body, so that the test sees bytes which went through Rust's own types.
unsafe fn reverse(call: *mut crank_call) -> crank_status {
    match std::str::from_utf8((*call).body.bytes()) {
        Ok(text) => respond(call, &text.chars().rev().collect::<String>()),
        Err(_) => refuse(call, CRANK_INVALID, "the body is not UTF-8"),
    }
}

unsafe fn count(plugin: *mut crank_plugin, call: *mut crank_call) -> crank_status {
    let mut buffer = [0u8; 64];
    let mut total = 0;
    loop {
        let n = ((*call).read)(call, buffer.as_mut_ptr().cast(), buffer.len());
        if n < 0 {
            return n as crank_status;
        }
        if n == 0 {
            break;
        }
        total += n;
    }
    let calls = instance(plugin).calls.load(std::sync::atomic::Ordering::Relaxed);
    respond(call, &format!("{{\"bytes\":{},\"calls\":{}}}", total, calls))
}

unsafe extern "C" fn call(plugin: *mut crank_plugin, call: *mut crank_call) -> crank_status {
    instance(plugin).calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    match (*call).operation.bytes() {
        b"rust.reverse" => reverse(call),
        b"rust.count" => count(plugin, call),
        _ => refuse(call, CRANK_NOT_FOUND, "no such operation"),
    }
}

unsafe extern "C" fn stop(_plugin: *mut crank_plugin) {}

unsafe extern "C" fn destroy(plugin: *mut crank_plugin) {
    drop(Box::from_raw((*plugin).plugin_data.cast::<Instance>()));
    drop(Box::from_raw(plugin));
}

unsafe extern "C" fn create(host: *const crank_host, out: *mut *mut crank_plugin) -> crank_status {
    let instance = Box::new(Instance { host, calls: Default::default() });
    *out = Box::into_raw(Box::new(crank_plugin {
        size: std::mem::size_of::<crank_plugin>(),
        plugin_data: Box::into_raw(instance).cast(),
        start,
        call,
        stop,
        destroy,
        extension: None,
    }));
    CRANK_OK
}

const MANIFEST: &str = concat!(
    r#"{"id":"rust_plugin","version":"1.0.0","description":"test plugin in Rust","capabilities":["#,
    r#"{"id":"rust.reverse","verb":"reverse","version":"1.0.0","content_types":["text/plain","application/json"]},"#,
    r#"{"id":"rust.count","verb":"count","version":"1.0.0","body":"stream"}]}"#,
);

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static crank_entry_v0: crank_entry = crank_entry {
    magic: 0x4b4e5243,
    abi_major: 0,
    abi_minor: 2,
    needs_minor: 2,
    size: std::mem::size_of::<crank_entry>(),
    manifest_json: text(MANIFEST),
    create,
};
